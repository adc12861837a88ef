-- Objects that are still being read. One whose lease had ended and that another took (tries) stays the other's.
-- $1 bucket text[], $2 object_key text[], $3 version_key text[], $4 tries integer[], $5 lease_until timestamptz.
-- No columns.
UPDATE ingest_object o
   SET next_try_at = $5::timestamptz
  FROM unnest($1::text[], $2::text[], $3::text[], $4::integer[]) AS r (bucket, object_key, version_key, tries)
 WHERE o.bucket = r.bucket AND o.object_key = r.object_key AND o.version_key = r.version_key
   AND o.tries = r.tries AND o.state = 'reading'
