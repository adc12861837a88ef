-- Requests that nobody has allowed and nobody has opened: anybody can send one, so only the newest stay.
-- $1 how many bigint.
-- No columns.
DELETE FROM ingest_confirmation
 WHERE arn IN (SELECT arn FROM ingest_confirmation WHERE state = 'operator' ORDER BY asked_at DESC, arn OFFSET $1::bigint)
