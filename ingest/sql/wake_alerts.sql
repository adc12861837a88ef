-- Alerts that fire are to be looked at again, for policies, channels or mutes have changed.
-- $1 timestamptz now.
-- Columns: nothing of use.
WITH woken AS (
  UPDATE alert SET next_due_at = $1::timestamptz WHERE state = 'firing' RETURNING alert_id
)
SELECT count(*), pg_notify('crumbtrail_conditions', '') FROM woken
