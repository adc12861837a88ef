-- The newest breadcrumb of each of these vehicles that is neither at 0,0 nor in the future (flags 1 and 2): its position, or one
-- behind it that another flag kept from becoming the position. Vehicles without a position are not looked for.
-- $1 vehicle_id bigint[].
-- Columns: vehicle_id bigint, recorded_at timestamptz, version bigint, longitude float8, latitude float8.
SELECT DISTINCT ON (b.vehicle_id) b.vehicle_id, b.recorded_at, b.version, ST_X(b.geom), ST_Y(b.geom)
  FROM position p
  JOIN breadcrumb b ON b.vehicle_id = p.vehicle_id AND b.recorded_at >= p.recorded_at
 WHERE p.vehicle_id = ANY ($1::bigint[]) AND b.flags & 3 = 0
 ORDER BY b.vehicle_id, b.recorded_at DESC, b.version DESC
