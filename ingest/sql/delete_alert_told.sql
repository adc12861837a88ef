-- Before insert_alert_told: what was known of these alerts.
-- $1 bigint[] alert_id.
-- No columns.
DELETE FROM alert_told WHERE alert_id = ANY ($1::bigint[])
