-- Messages whose work has been committed; one that is known stays as it is.
-- $1 source smallint[], $2 message_id text[], $3 received_at timestamptz[], parallel.
-- No columns.
INSERT INTO ingest_message (source, message_id, received_at)
SELECT * FROM unnest($1::smallint[], $2::text[], $3::timestamptz[])
ON CONFLICT (source, message_id) DO NOTHING
