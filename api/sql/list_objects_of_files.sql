-- Objects of S3 that were read, by their addresses.
-- $1 text[] addresses as s3://bucket/key.
-- Columns: 1 number of the address (from 1), 2 version_id, 3 etag, 4 size_bytes, 5 SHA-256 of its bytes in hex (null: not known),
-- 6 finished_at.
SELECT f.number, o.version_id, o.etag, o.size_bytes, encode(o.sha256, 'hex'), o.finished_at
  FROM unnest($1::text[]) WITH ORDINALITY f (file, number)
  JOIN ingest_object o
    ON o.bucket = split_part(f.file, '/', 3) AND o.object_key = substr(f.file, length(split_part(f.file, '/', 3)) + 7)
 WHERE o.state = 'read'
 ORDER BY f.number, o.finished_at
