-- Checkpoints within windows that have been folded anew.
-- $1 vehicle_id bigint[], $2 after timestamptz[], $3 before timestamptz[].
DELETE FROM analysis_checkpoint c
 USING unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[]) AS w (vehicle_id, after_at, before_at)
 WHERE c.vehicle_id = w.vehicle_id
   AND c.at > w.after_at
   AND c.at < w.before_at
