-- The oldest recomputation that is open.
-- No parameters. Columns: recompute_id, vehicle_id, from_at, until_at, needs_matching, last_vehicle_id.
SELECT recompute_id, vehicle_id, from_at, until_at, needs_matching, last_vehicle_id
  FROM recompute
 WHERE finished_at IS NULL
 ORDER BY recompute_id
 LIMIT 1
