-- A few breadcrumbs, or some that may be there already: those stay as they are.
-- $1 vehicle_id bigint[], $2 recorded_at timestamptz[], $3 version bigint[], $4 seq bigint[], $5 received_at timestamptz[],
-- $6 longitude float8[], $7 latitude float8[], $8 cell integer[], $9 speed_kmh real[], $10 heading_deg real[],
-- $11 temperature_c real[], $12 ignition boolean[], $13 flags smallint[], $14 source smallint[], $15 extra jsonb[].
-- No columns; the number of rows is how many were not there before.
INSERT INTO breadcrumb (vehicle_id, recorded_at, version, seq, received_at, geom, cell, speed_kmh, heading_deg, temperature_c,
                        ignition, flags, source, extra)
SELECT u.vehicle_id, u.recorded_at, u.version, u.seq, u.received_at,
       ST_Point(u.longitude, u.latitude, 4326)::geometry(Point, 4326), u.cell, u.speed_kmh, u.heading_deg, u.temperature_c,
       u.ignition, u.flags, u.source, u.extra
  FROM unnest($1::bigint[], $2::timestamptz[], $3::bigint[], $4::bigint[], $5::timestamptz[], $6::float8[], $7::float8[],
              $8::integer[], $9::real[], $10::real[], $11::real[], $12::boolean[], $13::smallint[], $14::smallint[],
              $15::jsonb[])
       AS u (vehicle_id, recorded_at, version, seq, received_at, longitude, latitude, cell, speed_kmh, heading_deg,
             temperature_c, ignition, flags, source, extra)
ON CONFLICT DO NOTHING
