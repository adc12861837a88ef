-- Ends a mute.
-- $1 bigint mute_id.
-- No columns.
DELETE FROM alert_mute WHERE mute_id = $1::bigint
