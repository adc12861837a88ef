-- Vehicles that have a position move to a newer one: like upsert_positions.sql, without looking for a conflict first.
-- $1 vehicle_id bigint[] (each once), $2 recorded_at timestamptz[], $3 version bigint[], $4 seq bigint[],
-- $5 received_at timestamptz[], $6 longitude float8[], $7 latitude float8[], $8 speed_kmh real[], $9 heading_deg real[],
-- $10 temperature_c real[], $11 ignition boolean[], $12 source smallint[], $13 slow_since timestamptz[],
-- $14 cell integer[].
-- No columns.
UPDATE position p
   SET recorded_at = u.recorded_at, version = u.version, seq = u.seq, received_at = u.received_at,
       geom = ST_Point(u.longitude, u.latitude, 4326)::geometry(Point, 4326), speed_kmh = u.speed_kmh,
       heading_deg = u.heading_deg, temperature_c = u.temperature_c, ignition = u.ignition, source = u.source,
       slow_since = u.slow_since, cell = u.cell, hidden = false
  FROM (SELECT unnest($1::bigint[]) AS vehicle_id, unnest($2::timestamptz[]) AS recorded_at, unnest($3::bigint[]) AS version,
               unnest($4::bigint[]) AS seq, unnest($5::timestamptz[]) AS received_at, unnest($6::float8[]) AS longitude,
               unnest($7::float8[]) AS latitude, unnest($8::real[]) AS speed_kmh, unnest($9::real[]) AS heading_deg,
               unnest($10::real[]) AS temperature_c, unnest($11::boolean[]) AS ignition, unnest($12::smallint[]) AS source,
               unnest($13::timestamptz[]) AS slow_since, unnest($14::integer[]) AS cell) u
 WHERE p.vehicle_id = u.vehicle_id AND (p.recorded_at, p.version) < (u.recorded_at, u.version)
