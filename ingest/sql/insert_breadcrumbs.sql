-- One batch, in the order of its numbers; what is there already stays as it is.
-- $1 vehicle_id bigint[], $2 recorded_at timestamptz[], $3 version bigint[], $4 received_at timestamptz[], $5 longitude float8[],
-- $6 latitude float8[], $7 cell integer[], $8 speed_kmh real[], $9 heading_deg real[], $10 temperature_c real[],
-- $11 ignition boolean[], $12 flags smallint[], $13 source smallint[], $14 extra jsonb[], $15 count bigint: numbers taken.
-- No columns.
INSERT INTO breadcrumb (vehicle_id, recorded_at, version, seq, received_at, geom, cell, speed_kmh, heading_deg, temperature_c,
                        ignition, flags, source, extra)
SELECT n.vehicle_id, n.recorded_at, n.version, (SELECT head FROM feed) - $15::bigint + n.ordinal, n.received_at,
       ST_Point(n.longitude, n.latitude, 4326), n.cell, n.speed_kmh, n.heading_deg, n.temperature_c, n.ignition, n.flags,
       n.source, n.extra
  FROM unnest($1::bigint[], $2::timestamptz[], $3::bigint[], $4::timestamptz[], $5::float8[], $6::float8[], $7::integer[],
              $8::real[], $9::real[], $10::real[], $11::boolean[], $12::smallint[], $13::smallint[], $14::jsonb[])
       WITH ORDINALITY AS n (vehicle_id, recorded_at, version, received_at, longitude, latitude, cell, speed_kmh, heading_deg,
                             temperature_c, ignition, flags, source, extra, ordinal)
ON CONFLICT DO NOTHING
