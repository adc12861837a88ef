-- Forgets messages that nobody delivers again, some at a time.
-- $1 received_before timestamptz, $2 limit bigint.
-- No columns.
DELETE FROM ingest_message
 WHERE ctid = ANY (ARRAY(SELECT ctid FROM ingest_message
                          WHERE received_at < $1::timestamptz
                          ORDER BY received_at
                          LIMIT $2::bigint))
