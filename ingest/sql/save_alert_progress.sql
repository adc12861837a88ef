-- The conditions have been read up to this change.
-- $1 bigint.
-- No columns.
UPDATE alert_progress SET change = $1::bigint
