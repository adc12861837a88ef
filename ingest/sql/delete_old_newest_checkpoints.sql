-- Newest checkpoints (kind 1) of vehicles that get another one, and those within a day (kind 2) that are older than a time.
-- $1 vehicle_id bigint[], $2 timestamptz.
DELETE FROM analysis_checkpoint
 WHERE vehicle_id = ANY ($1::bigint[])
   AND (kind = 1 OR (kind = 2 AND at < $2::timestamptz))
