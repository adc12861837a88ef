-- The drives over a road, to be computed anew as matched: each vehicle's UTC day with one, or each vehicle's whole time on the road
-- when those are very many.
-- $1 now, $2 reason, $3 road_id, $4 bigint days that are many.
WITH driven AS (
  SELECT vehicle_id, date_trunc('day', started_at AT TIME ZONE 'UTC') AS day, min(started_at) AS from_at,
         max(ended_at) + interval '1 microsecond' AS until_at
    FROM road_run
   WHERE road_id = $3::bigint
   GROUP BY 1, 2
), counted AS (
  SELECT count(*) > $4::bigint AS is_many FROM driven
)
INSERT INTO recompute (requested_at, reason, vehicle_id, from_at, until_at, needs_matching)
SELECT $1::timestamptz, $2::text, vehicle_id, min(from_at), max(until_at), false
  FROM driven
 CROSS JOIN counted
 GROUP BY vehicle_id, CASE WHEN NOT is_many THEN day END
 ORDER BY vehicle_id, min(from_at)
