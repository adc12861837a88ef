-- Which channels know of these alerts.
-- $1 bigint[] alert_id.
-- Columns: 1 alert_id, 2 channel, 3 told_at.
SELECT alert_id, channel, told_at
  FROM alert_told
 WHERE alert_id = ANY ($1::bigint[])
 ORDER BY alert_id, told_at, channel
