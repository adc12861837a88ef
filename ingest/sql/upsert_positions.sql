-- The newest unflagged breadcrumb of each vehicle becomes its position, unless the position is newer.
-- $1 vehicle_id bigint[] (each once), $2 recorded_at timestamptz[], $3 version bigint[], $4 seq bigint[],
-- $5 received_at timestamptz[], $6 longitude float8[], $7 latitude float8[], $8 speed_kmh real[], $9 heading_deg real[],
-- $10 temperature_c real[], $11 ignition boolean[], $12 source smallint[], $13 slow_since timestamptz[],
-- $14 cell integer[].
-- No columns.
INSERT INTO position AS p (vehicle_id, recorded_at, version, seq, received_at, geom, speed_kmh, heading_deg, temperature_c,
                           ignition, source, slow_since, cell)
SELECT u.vehicle_id, u.recorded_at, u.version, u.seq, u.received_at,
       ST_Point(u.longitude, u.latitude, 4326)::geometry(Point, 4326), u.speed_kmh, u.heading_deg, u.temperature_c, u.ignition,
       u.source, u.slow_since, u.cell
  FROM unnest($1::bigint[], $2::timestamptz[], $3::bigint[], $4::bigint[], $5::timestamptz[], $6::float8[], $7::float8[],
              $8::real[], $9::real[], $10::real[], $11::boolean[], $12::smallint[], $13::timestamptz[],
              $14::integer[])
       AS u (vehicle_id, recorded_at, version, seq, received_at, longitude, latitude, speed_kmh, heading_deg, temperature_c,
             ignition, source, slow_since, cell)
ON CONFLICT (vehicle_id) DO UPDATE
   SET recorded_at = excluded.recorded_at, version = excluded.version, seq = excluded.seq,
       received_at = excluded.received_at, geom = excluded.geom, speed_kmh = excluded.speed_kmh,
       heading_deg = excluded.heading_deg, temperature_c = excluded.temperature_c, ignition = excluded.ignition,
       source = excluded.source, slow_since = excluded.slow_since, cell = excluded.cell, hidden = false
 WHERE (p.recorded_at, p.version) < (excluded.recorded_at, excluded.version)
