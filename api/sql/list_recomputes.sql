-- What is to be computed anew because of a change, and what was lately: open ones first as they are worked off, then finished ones,
-- newest first.
-- $1 bigint: finished ones at most. Columns: recompute_id, requested_at, reason, vehicle text (null: all), from_at, until_at,
-- needs_matching, started_at, finished_at, vehicles_all, vehicles_done, merged_into.
SELECT r.recompute_id, r.requested_at, r.reason, v.name, nullif(r.from_at, '-infinity'), nullif(r.until_at, 'infinity'),
       r.needs_matching, r.started_at, r.finished_at, r.vehicles_all, r.vehicles_done, r.merged_into
  FROM (SELECT * FROM (SELECT * FROM recompute WHERE finished_at IS NULL ORDER BY recompute_id LIMIT 1000) open
         UNION ALL
        SELECT * FROM (SELECT * FROM recompute WHERE finished_at IS NOT NULL ORDER BY recompute_id DESC LIMIT $1::bigint) done) r
  LEFT JOIN vehicle v ON v.vehicle_id = r.vehicle_id
 ORDER BY r.finished_at IS NOT NULL, CASE WHEN r.finished_at IS NULL THEN r.recompute_id ELSE -r.recompute_id END
