-- Objects of S3 whose reading failed, or that were gone, wait again.
-- $1 text bucket, $2 text object_key, $3 timestamptz now.
-- Columns: 1 the state before, 2 whether it waits now. A row for each version that is known.
WITH known AS (
  SELECT version_key, state FROM ingest_object WHERE bucket = $1::text AND object_key = $2::text
), retried AS (
  UPDATE ingest_object
     SET state = 'waiting', next_try_at = $3::timestamptz, finished_at = NULL
   WHERE bucket = $1::text AND object_key = $2::text AND state IN ('failed', 'missing')
  RETURNING version_key
)
SELECT known.state, retried.version_key IS NOT NULL
  FROM known LEFT JOIN retried USING (version_key)
