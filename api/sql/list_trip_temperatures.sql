-- Trips of a vehicle, newest first, with how many excursions fired on each.
-- $1 bigint vehicle, $2 timestamptz started_at of the last one shown, $3 timestamptz and $4 timestamptz the period that they reach into,
-- or null, $5 bigint rows at most.
-- Columns: 1 started_at, 2 ended_at, 3 distance_m, 4 is_open, 5 excursions.
SELECT t.started_at, t.ended_at, t.distance_m, t.is_open, count(e.started_at)
  FROM trip t
  LEFT JOIN excursion e
    ON e.vehicle_id = t.vehicle_id AND e.started_at <= t.ended_at AND e.ended_at >= t.started_at AND e.fired_at IS NOT NULL
 WHERE t.vehicle_id = $1
   AND t.started_at < $2::timestamptz
   AND ($3::timestamptz IS NULL OR t.ended_at >= $3::timestamptz)
   AND ($4::timestamptz IS NULL OR t.started_at < $4::timestamptz)
 GROUP BY t.vehicle_id, t.started_at, t.ended_at, t.distance_m, t.is_open
 ORDER BY t.started_at DESC
 LIMIT $5::bigint
