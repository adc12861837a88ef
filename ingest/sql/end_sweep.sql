-- What a comparison has found. Of one that failed only the error, and what it had found until then.
-- $1 prefix text, $2 finished_at timestamptz or null, $3 objects bigint, $4 missing bigint, $5 error text or null.
-- No columns.
UPDATE ingest_sweep
   SET finished_at = coalesce($2::timestamptz, finished_at), objects = $3::bigint, missing = $4::bigint,
       missing_total = missing_total + $4::bigint, error = $5::text
 WHERE prefix = $1::text
