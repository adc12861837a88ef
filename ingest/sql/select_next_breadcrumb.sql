-- The breadcrumb after a time that is neither at 0,0 nor in the future (flags 1 and 2).
-- $1 vehicle_id bigint, $2 recorded_at timestamptz, $3 version bigint, $4 not after timestamptz.
-- Columns: recorded_at timestamptz, version bigint, longitude float8, latitude float8, flags smallint.
SELECT recorded_at, version, ST_X(geom), ST_Y(geom), flags
  FROM breadcrumb
 WHERE vehicle_id = $1::bigint AND recorded_at BETWEEN $2::timestamptz AND $4::timestamptz
   AND (recorded_at, version) > ($2::timestamptz, $3::bigint) AND flags & 3 = 0
 ORDER BY recorded_at, version
 LIMIT 1
