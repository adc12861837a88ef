-- Recomputations that a later one covers, which has not begun, are finished by it.
-- $1 timestamptz now.
UPDATE recompute r
   SET finished_at = $1::timestamptz, merged_into = later.recompute_id
  FROM (SELECT o.recompute_id, max(l.recompute_id) AS into_id
          FROM recompute o
          JOIN recompute l ON l.recompute_id > o.recompute_id
                          AND l.started_at IS NULL
                          AND (l.vehicle_id = 0 OR l.vehicle_id = o.vehicle_id)
                          AND l.from_at <= o.from_at
                          AND l.until_at >= o.until_at
                          AND (l.needs_matching OR NOT o.needs_matching)
         WHERE o.finished_at IS NULL AND l.finished_at IS NULL
         GROUP BY o.recompute_id) AS later (open_id, recompute_id)
 WHERE r.recompute_id = later.open_id
