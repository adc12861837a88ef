-- $1 timestamptz now, $2 bigint recompute_id.
UPDATE recompute SET finished_at = $1::timestamptz WHERE recompute_id = $2::bigint
