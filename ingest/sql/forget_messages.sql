-- Messages so old that nobody delivers them again, the oldest first.
-- $1 received_before timestamptz, $2 at most bigint.
-- No columns.
DELETE FROM ingest_message
 WHERE (source, message_id) IN (SELECT source, message_id FROM ingest_message
                                 WHERE received_at < $1::timestamptz
                                 ORDER BY received_at
                                 LIMIT $2::bigint)
