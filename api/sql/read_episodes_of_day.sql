-- What the report needs of the episodes that started in [$1, $2).
-- $1 timestamptz from, $2 timestamptz to.
-- Columns: vehicle_id, driver_id, started_at, episode_id, duration_s, max_excess_kmh, samples, is sound (may be strict), review or null.
SELECT e.vehicle_id, e.driver_id, e.started_at, e.episode_id, extract(epoch FROM e.ended_at - e.started_at)::double precision,
       e.max_excess_kmh, e.samples, e.samples >= 2 AND e.quality & 1 = 0 AND e.largest_gap_s <= 60, r.state
  FROM speeding_episode e
  LEFT JOIN speeding_review r
    ON r.vehicle_id = e.vehicle_id AND r.started_at <= e.ended_at AND r.ended_at >= e.started_at
   AND NOT EXISTS (SELECT 1 FROM speeding_review n WHERE n.vehicle_id = e.vehicle_id AND n.started_at <= e.ended_at
                      AND n.ended_at >= e.started_at AND n.review_id > r.review_id)
 WHERE e.started_at >= $1::timestamptz
   AND e.started_at < $2::timestamptz
