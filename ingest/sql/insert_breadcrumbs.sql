-- One batch, in the order of its numbers: breadcrumbs (what is there already stays as it is), and the newest unflagged one of
-- each vehicle becomes its position, unless the position is newer. One statement, so that the arrays are read once.
-- $1 vehicle_id bigint[], $2 recorded_at timestamptz[], $3 version bigint[], $4 received_at timestamptz[], $5 longitude float8[],
-- $6 latitude float8[], $7 cell integer[], $8 speed_kmh real[], $9 heading_deg real[], $10 temperature_c real[],
-- $11 ignition boolean[], $12 flags smallint[], $13 source smallint[], $14 extra jsonb[],
-- $15 moves boolean[]: becomes the position (at most one of a vehicle), $16 slow_since timestamptz[]: of that position,
-- $17 count bigint: numbers taken.
-- Columns: inserted bigint, how many breadcrumbs were not there before.
WITH n AS MATERIALIZED (
  SELECT u.vehicle_id, u.recorded_at, u.version, (SELECT head FROM feed) - $17::bigint + u.ordinal AS seq, u.received_at,
         ST_Point(u.longitude, u.latitude, 4326)::geometry(Point, 4326) AS geom, u.cell, u.speed_kmh, u.heading_deg,
         u.temperature_c, u.ignition, u.flags, u.source, u.extra, u.moves, u.slow_since
    FROM unnest($1::bigint[], $2::timestamptz[], $3::bigint[], $4::timestamptz[], $5::float8[], $6::float8[], $7::integer[],
                $8::real[], $9::real[], $10::real[], $11::boolean[], $12::smallint[], $13::smallint[], $14::jsonb[],
                $15::boolean[], $16::timestamptz[])
         WITH ORDINALITY AS u (vehicle_id, recorded_at, version, received_at, longitude, latitude, cell, speed_kmh, heading_deg,
                               temperature_c, ignition, flags, source, extra, moves, slow_since, ordinal)
), inserted AS (
  INSERT INTO breadcrumb (vehicle_id, recorded_at, version, seq, received_at, geom, cell, speed_kmh, heading_deg,
                          temperature_c, ignition, flags, source, extra)
  SELECT n.vehicle_id, n.recorded_at, n.version, n.seq, n.received_at, n.geom, n.cell, n.speed_kmh, n.heading_deg,
         n.temperature_c, n.ignition, n.flags, n.source, n.extra
    FROM n
  ON CONFLICT DO NOTHING
  RETURNING 1
), moved AS (
  INSERT INTO position AS p (vehicle_id, recorded_at, version, seq, received_at, geom, speed_kmh, heading_deg, temperature_c,
                             ignition, source, slow_since, extra)
  SELECT n.vehicle_id, n.recorded_at, n.version, n.seq, n.received_at, n.geom, n.speed_kmh, n.heading_deg, n.temperature_c,
         n.ignition, n.source, n.slow_since, n.extra
    FROM n
   WHERE n.moves
  ON CONFLICT (vehicle_id) DO UPDATE
     SET recorded_at = excluded.recorded_at, version = excluded.version, seq = excluded.seq,
         received_at = excluded.received_at, geom = excluded.geom, speed_kmh = excluded.speed_kmh,
         heading_deg = excluded.heading_deg, temperature_c = excluded.temperature_c, ignition = excluded.ignition,
         source = excluded.source, slow_since = excluded.slow_since, hidden = false, extra = excluded.extra
   WHERE (p.recorded_at, p.version) < (excluded.recorded_at, excluded.version)
)
SELECT count(*) FROM inserted
