-- Channels by name, without their secrets.
-- $1 text name of the last one shown, $2 text name of the one wanted (null: all), $3 bigint rows at most.
-- Columns: 1 name, 2 kind, 3 url, 4 addresses, 5 topic_arn, 6 enabled, 7 disabled_at, 8 disabled_reason, 9 failing_since,
-- 10 last_success_at, 11 how many messages wait, 12 created_at, 13 updated_at.
SELECT c.name, c.kind, c.url, c.addresses::text, c.topic_arn, c.enabled, c.disabled_at, c.disabled_reason, c.failing_since,
       c.last_success_at,
       (SELECT count(*) FROM outbox AS o WHERE o.channel = c.name AND o.delivered_at IS NULL AND o.given_up_at IS NULL),
       c.created_at, c.updated_at
  FROM alert_channel AS c
 WHERE c.name > $1::text AND ($2::text IS NULL OR c.name = $2::text)
 ORDER BY c.name
 LIMIT $3::bigint
