-- The drives over a road, to be computed anew as matched: each vehicle's UTC day with one, or each vehicle's whole time on the road
-- when those are very many; and what vehicles around have driven since their last run that has ended, as the road may be in it.
-- $1 now, $2 reason, $3 road_id, $4 bigint days that are many.
WITH driven AS (
  SELECT vehicle_id, date_trunc('day', started_at AT TIME ZONE 'UTC') AS day, min(started_at) AS from_at,
         max(ended_at) + interval '1 microsecond' AS until_at
    FROM road_run
   WHERE road_id = $3::bigint
   GROUP BY 1, 2
), counted AS (
  SELECT count(*) > $4::bigint AS is_many FROM driven
), around AS (
  SELECT st_transform(st_expand(geom, 10000), 4326) AS geom FROM road_segment WHERE road_id = $3::bigint
), near AS (
  SELECT position.vehicle_id, position.recorded_at
    FROM position
    JOIN around ON position.geom && around.geom
), last_run AS (
  SELECT road_run.vehicle_id, max(road_run.ended_at) AS ended_at
    FROM road_run
    JOIN near ON near.vehicle_id = road_run.vehicle_id AND road_run.started_at > near.recorded_at - interval '7 days'
   GROUP BY road_run.vehicle_id
)
INSERT INTO recompute (requested_at, reason, vehicle_id, from_at, until_at, needs_matching)
SELECT $1::timestamptz, $2::text, vehicle_id, from_at, until_at, false
  FROM (SELECT vehicle_id, min(from_at) AS from_at, max(until_at) AS until_at
          FROM driven
         CROSS JOIN counted
         GROUP BY vehicle_id, CASE WHEN NOT is_many THEN day END
        UNION ALL
        SELECT near.vehicle_id, coalesce(last_run.ended_at, near.recorded_at - interval '7 days'), 'infinity'
          FROM near
          LEFT JOIN last_run ON last_run.vehicle_id = near.vehicle_id) AS reach
 ORDER BY vehicle_id, from_at
