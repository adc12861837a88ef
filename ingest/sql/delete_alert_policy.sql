-- Removes a policy.
-- $1 text name.
-- No columns.
DELETE FROM alert_policy WHERE name = $1::text
