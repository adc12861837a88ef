-- Takes objects into the queue; what is known already stays as it is, but for an object that was missing, one without a version
-- that may be another now, and one that failed and that a back-fill asks for: these are read (again). In one order, so that
-- servers that announce the same do not block each other.
-- $1 bucket text[], $2 object_key text[], $3 version_key text[], $4 version_id text[], $5 etag text[], $6 size_bytes bigint[],
-- $7 modified_at timestamptz[], $8 found_by smallint[], $9 is_ignored boolean[], $10 announced_at timestamptz.
-- Columns: found_by smallint; one row for each object that is to be read now.
INSERT INTO ingest_object AS known
       (bucket, object_key, version_key, version_id, etag, size_bytes, modified_at, found_by, state, announced_at, next_try_at)
SELECT DISTINCT ON (a.bucket, a.object_key, a.version_key)
       a.bucket, a.object_key, a.version_key, a.version_id, a.etag, a.size_bytes, a.modified_at, a.found_by,
       CASE WHEN a.is_ignored THEN 'ignored' ELSE 'waiting' END, $10::timestamptz,
       CASE WHEN a.is_ignored THEN NULL ELSE $10::timestamptz END
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::timestamptz[], $8::smallint[],
              $9::boolean[])
       AS a (bucket, object_key, version_key, version_id, etag, size_bytes, modified_at, found_by, is_ignored)
 WHERE NOT EXISTS (SELECT FROM ingest_object o
                    WHERE o.bucket = a.bucket AND o.object_key = a.object_key AND o.version_key <> a.version_key
                      AND o.etag = a.etag)
 ORDER BY a.bucket, a.object_key, a.version_key
ON CONFLICT (bucket, object_key, version_key) DO UPDATE
   SET state = 'waiting', tries = 0, version_id = coalesce(excluded.version_id, known.version_id), found_by = excluded.found_by,
       next_try_at = excluded.announced_at, error = NULL
 WHERE known.state = 'missing' OR (known.state = 'read' AND known.version_key = '')
    OR (known.state = 'failed' AND excluded.found_by = 5)
RETURNING found_by
