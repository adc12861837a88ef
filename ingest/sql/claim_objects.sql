-- Takes objects that wait, whose pause is over, or whose reader's lease has ended. Oldest first, and of the same moment by key,
-- which is mostly by time; what others are claiming at this moment is left to them.
-- $1 of_backfill integer (1: those of back-fills, 0: the others), $2 now timestamptz, $3 lease_until timestamptz, $4 limit integer.
-- Columns: bucket text, object_key text, version_key text, version_id text, etag text, size_bytes bigint, found_by smallint,
-- tries integer.
UPDATE ingest_object o
   SET state = 'reading', tries = o.tries + 1, started_at = $2::timestamptz, next_try_at = $3::timestamptz
 WHERE o.ctid = ANY (ARRAY(SELECT c.ctid FROM ingest_object c
                            WHERE c.next_try_at <= $2::timestamptz AND (c.found_by = 5) = ($1::integer = 1)
                            ORDER BY c.next_try_at, c.object_key LIMIT $4::integer
                              FOR UPDATE SKIP LOCKED))
RETURNING o.bucket, o.object_key, o.version_key, o.version_id, o.etag, o.size_bytes, o.found_by, o.tries
