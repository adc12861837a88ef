-- A message that only says that the channel works.
-- $1 text channel, $2 timestamptz now.
-- Columns: 1 outbox_id, null when the channel is disabled; no row when there is none.
WITH wanted AS (
  SELECT name, enabled AND disabled_at IS NULL AS is_open FROM alert_channel WHERE name = $1::text
), made AS (
  INSERT INTO outbox (channel, document, created_at, next_try_at)
  SELECT name, 'null'::json, $2::timestamptz, $2::timestamptz FROM wanted WHERE is_open
  RETURNING outbox_id
), told AS (
  SELECT pg_notify('crumbtrail_outbox', '')
)
SELECT m.outbox_id FROM told, wanted AS w LEFT JOIN made AS m ON true
