-- Breadcrumbs that lost their only flag and are newer than the position of their vehicle become it.
-- $1 vehicle_id bigint[], $2 recorded_at timestamptz[], $3 version bigint[], $4 and $5 earliest and latest of $2.
-- No columns.
-- A range of one time: with an equality, the index on the time alone looks as good as the key, and is not.
INSERT INTO position AS p (vehicle_id, recorded_at, version, seq, received_at, geom, speed_kmh, heading_deg, temperature_c,
                           ignition, source, slow_since, cell)
SELECT b.vehicle_id, b.recorded_at, b.version, (SELECT head FROM feed), b.received_at, b.geom, b.speed_kmh, b.heading_deg,
       b.temperature_c, b.ignition, b.source, CASE WHEN b.speed_kmh >= 5 THEN NULL ELSE b.recorded_at END, b.cell
  FROM unnest($1::bigint[], $2::timestamptz[], $3::bigint[]) AS k (vehicle_id, recorded_at, version)
  JOIN breadcrumb b ON b.vehicle_id = k.vehicle_id AND b.recorded_at BETWEEN k.recorded_at AND k.recorded_at AND b.version = k.version
 WHERE b.flags = 0 AND b.recorded_at BETWEEN $4::timestamptz AND $5::timestamptz
 ORDER BY b.vehicle_id, b.recorded_at, b.version
ON CONFLICT (vehicle_id) DO UPDATE
   SET recorded_at = excluded.recorded_at, version = excluded.version, seq = excluded.seq, received_at = excluded.received_at,
       geom = excluded.geom, speed_kmh = excluded.speed_kmh, heading_deg = excluded.heading_deg,
       temperature_c = excluded.temperature_c, ignition = excluded.ignition, source = excluded.source,
       slow_since = CASE WHEN excluded.slow_since IS NULL THEN NULL ELSE coalesce(p.slow_since, excluded.slow_since) END,
       cell = excluded.cell, hidden = false
 WHERE (p.recorded_at, p.version) < (excluded.recorded_at, excluded.version)
