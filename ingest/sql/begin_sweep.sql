-- Takes the next comparison of a prefix with its listing, unless another server took it since $3.
-- $1 prefix text, $2 now timestamptz, $3 due_before timestamptz.
-- Columns: prefix text; no row when it is not due.
INSERT INTO ingest_sweep AS known (prefix, started_at) VALUES ($1::text, $2::timestamptz)
ON CONFLICT (prefix) DO UPDATE SET started_at = excluded.started_at WHERE known.started_at <= $3::timestamptz
RETURNING prefix
