-- Where these vehicles stand.
-- $1 vehicle_id bigint[].
-- Columns: vehicle_id bigint, recorded_at timestamptz, version bigint, longitude float8, latitude float8, slow_since timestamptz.
SELECT vehicle_id, recorded_at, version, ST_X(geom), ST_Y(geom), slow_since FROM position WHERE vehicle_id = ANY ($1::bigint[])
