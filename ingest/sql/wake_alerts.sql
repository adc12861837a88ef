-- Alerts that fire are to be looked at again, for policies, channels or mutes have changed. They are locked in the order of their
-- ids, as by lock_alerts.sql: a pass of the alerts and other changes may want them at the same time.
-- $1 timestamptz now.
-- Columns: nothing of use.
WITH firing AS (
  SELECT alert_id FROM alert WHERE state = 'firing' ORDER BY alert_id FOR UPDATE
), woken AS (
  UPDATE alert AS a SET next_due_at = $1::timestamptz FROM firing AS f WHERE a.alert_id = f.alert_id RETURNING a.alert_id
)
SELECT count(*), pg_notify('crumbtrail_conditions', '') FROM woken
