-- What came of objects that were claimed; nothing for one that another has taken since (tries).
-- $1 bucket text[], $2 object_key text[], $3 version_key text[], $4 tries integer[], $5 state text[], $6 next_try_at timestamptz[],
-- $7 error text[], $8 etag text[], $9 size_bytes bigint[], $10 events bigint[], $11 stored bigint[], $12 duplicates bigint[],
-- $13 rejected bigint[], $14 sha256 bytea[], $15 finished_at timestamptz.
-- No columns.
UPDATE ingest_object o
   SET state = m.state, next_try_at = m.next_try_at, finished_at = $15::timestamptz, error = m.error,
       etag = coalesce(m.etag, o.etag), size_bytes = coalesce(m.size_bytes, o.size_bytes), events = m.events,
       stored = m.stored, duplicates = m.duplicates, rejected = m.rejected, sha256 = coalesce(m.sha256, o.sha256)
  FROM unnest($1::text[], $2::text[], $3::text[], $4::integer[], $5::text[], $6::timestamptz[], $7::text[], $8::text[],
              $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bytea[])
       AS m (bucket, object_key, version_key, tries, state, next_try_at, error, etag, size_bytes, events, stored, duplicates,
             rejected, sha256)
 WHERE o.bucket = m.bucket AND o.object_key = m.object_key AND o.version_key = m.version_key
   AND o.tries = m.tries AND o.state = 'reading'
