-- Objects of S3, newest announcement first; every filter may be null. Those announced together come by a hash of their names.
-- $1 timestamptz announced_at and $2 bigint hash of the last one shown, $3 text state, $4 integer found_by, $5 text bucket,
-- $6 text the key's beginning, $7 bigint rows at most.
-- Columns: 1 bucket, 2 object_key, 3 version_id, 4 etag, 5 size_bytes, 6 found_by, 7 state, 8 announced_at, 9 modified_at,
-- 10 next_try_at, 11 started_at, 12 finished_at, 13 tries, 14 error, 15 events, 16 stored, 17 duplicates, 18 rejected, 19 hash.
SELECT bucket, object_key, version_id, etag, size_bytes, found_by, state, announced_at, modified_at, next_try_at, started_at,
       finished_at, tries, error, events, stored, duplicates, rejected,
       hashtextextended(bucket || '/' || object_key || '/' || version_key, 0) AS hash
  FROM ingest_object
 WHERE (announced_at, hashtextextended(bucket || '/' || object_key || '/' || version_key, 0)) < ($1::timestamptz, $2::bigint)
   AND ($3::text IS NULL OR state = $3::text)
   AND ($4::integer IS NULL OR found_by = $4::integer)
   AND ($5::text IS NULL OR bucket = $5::text)
   AND ($6::text IS NULL OR starts_with(object_key, $6::text))
 ORDER BY announced_at DESC, hash DESC
 LIMIT $7::bigint
