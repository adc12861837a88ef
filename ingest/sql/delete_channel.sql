-- Removes a channel. What waits for it is given up.
-- $1 text name.
-- No columns.
DELETE FROM alert_channel WHERE name = $1::text
