-- The next vehicles of a recomputation.
-- $1 bigint vehicle_id (0: all), $2 bigint: the last one that is done, $3 bigint rows at most. Column: vehicle_id.
SELECT vehicle_id
  FROM vehicle
 WHERE vehicle_id > $2::bigint
   AND ($1::bigint = 0 OR vehicle_id = $1::bigint)
 ORDER BY vehicle_id
 LIMIT $3::bigint
