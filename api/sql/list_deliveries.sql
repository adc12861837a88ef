-- Messages of alerts, newest first; every filter may be null.
-- $1 bigint outbox_id of the last one shown, $2 bigint alert_id, $3 text channel, $4 text state (waiting, delivered, given_up),
-- $5 bigint rows at most.
-- Columns: 1 outbox_id, 2 message_id, 3 alert_id, 4 sequence, 5 channel, 6 state, 7 created_at, 8 next_try_at, 9 tries, 10 status,
-- 11 answer, 12 delivered_at, 13 given_up_at.
SELECT o.outbox_id, o.message_id::text, o.alert_id, o.sequence, o.channel,
       CASE WHEN o.delivered_at IS NOT NULL THEN 'delivered' WHEN o.given_up_at IS NOT NULL THEN 'given_up' ELSE 'waiting' END,
       o.created_at, CASE WHEN o.delivered_at IS NULL AND o.given_up_at IS NULL THEN o.next_try_at END, o.tries, o.status, o.answer,
       o.delivered_at, o.given_up_at
  FROM outbox AS o
 WHERE o.outbox_id < $1::bigint
   AND ($2::bigint IS NULL OR o.alert_id = $2::bigint)
   AND ($3::text IS NULL OR o.channel = $3::text)
   AND ($4::text IS NULL
        OR $4::text = CASE WHEN o.delivered_at IS NOT NULL THEN 'delivered' WHEN o.given_up_at IS NOT NULL THEN 'given_up' ELSE 'waiting' END)
 ORDER BY o.outbox_id DESC
 LIMIT $5::bigint
