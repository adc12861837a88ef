-- An object of S3, in each version that was announced.
-- $1 text bucket, $2 text object_key, $3 bigint rows at most.
-- Columns: 1 bucket, 2 object_key, 3 version_id, 4 found_by, 5 announced_at, 6 started_at, 7 finished_at.
SELECT bucket, object_key, version_id, found_by, announced_at, started_at, finished_at
  FROM ingest_object
 WHERE bucket = $1::text
   AND object_key = $2::text
 ORDER BY announced_at DESC
 LIMIT $3::bigint
