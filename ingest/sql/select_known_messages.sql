-- Which of these messages were taken already.
-- $1 source smallint[], $2 message_id text[], parallel.
-- source, message_id.
SELECT source, message_id
  FROM ingest_message
  JOIN (SELECT DISTINCT * FROM unnest($1::smallint[], $2::text[]) AS asked (source, message_id)) AS asked
       USING (source, message_id)
