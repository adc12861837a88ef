-- Temperature readings of a vehicle, oldest first: of breadcrumbs recorded at the same time the one with the highest version, rather one
-- whose position is not flagged; none from the future.
-- $1 bigint vehicle, $2 timestamptz the last one read, $3 timestamptz until (excluded), $4 bigint rows at most.
-- Columns: recorded_at, temperature_c.
SELECT recorded_at, temperature_c
  FROM (SELECT DISTINCT ON (recorded_at) recorded_at, temperature_c
          FROM breadcrumb
         WHERE vehicle_id = $1 AND recorded_at > $2 AND recorded_at < $3 AND flags & 2 = 0
         ORDER BY recorded_at, flags <> 0, version DESC) AS instants
 WHERE temperature_c IS NOT NULL
 ORDER BY recorded_at
 LIMIT $4::bigint
