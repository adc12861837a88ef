-- Objects of S3 that were being read at a moment; those whose key names the vehicle first.
-- $1 timestamptz the moment, $2 text vehicle, $3 timestamptz announced at or after, $4 bigint rows at most.
-- Columns: 1 bucket, 2 object_key, 3 version_id, 4 found_by, 5 announced_at, 6 started_at, 7 finished_at.
SELECT bucket, object_key, version_id, found_by, announced_at, started_at, finished_at
  FROM ingest_object
 WHERE announced_at >= $3::timestamptz
   AND announced_at <= $1::timestamptz
   AND started_at <= $1::timestamptz
   AND (finished_at IS NULL OR finished_at >= $1::timestamptz)
 ORDER BY position($2::text IN object_key) = 0, started_at DESC
 LIMIT $4::bigint
