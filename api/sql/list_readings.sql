-- Temperature readings of a vehicle, oldest first: of several recorded at the same time the one of the lowest version; none from the
-- future.
-- $1 bigint vehicle, $2 timestamptz the last one read, $3 timestamptz until (excluded), $4 bigint rows at most.
-- Columns: recorded_at, temperature_c.
SELECT DISTINCT ON (recorded_at) recorded_at, temperature_c
  FROM breadcrumb
 WHERE vehicle_id = $1 AND recorded_at > $2 AND recorded_at < $3 AND temperature_c IS NOT NULL AND flags & 2 = 0
 ORDER BY recorded_at, version
 LIMIT $4::bigint
