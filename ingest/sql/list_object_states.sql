-- How far single objects are, known by this version or by this etag.
-- $1 bucket text[], $2 object_key text[], $3 version_key text[].
-- Columns: position bigint (in the arrays, from 1), state text, tries integer, next_try_at timestamptz, stored bigint, duplicates bigint,
-- rejected bigint, size_bytes bigint.
SELECT a.position, o.state, o.tries, o.next_try_at, o.stored, o.duplicates, o.rejected, o.size_bytes
  FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS a (bucket, object_key, version_key, position)
  JOIN ingest_object o ON o.bucket = a.bucket AND o.object_key = a.object_key
                      AND (o.version_key = a.version_key OR o.etag = a.version_key)
 ORDER BY a.position
