-- Gives up what has waited for too long, or has no channel any more that takes it.
-- $1 timestamptz now, $2 timestamptz made before then is too old.
-- Columns: 1 outbox_id, 2 channel, 3 why.
UPDATE outbox AS o
   SET given_up_at = $1::timestamptz,
       answer = CASE WHEN c.name IS NULL THEN 'the channel was deleted'
                     WHEN NOT c.enabled OR c.disabled_at IS NOT NULL THEN 'the channel is disabled'
                     ELSE 'it could not be delivered for too long; last: ' || coalesce(o.answer, 'no attempt') END
  FROM outbox AS w
  LEFT JOIN alert_channel AS c ON c.name = w.channel
 WHERE o.outbox_id = w.outbox_id AND w.delivered_at IS NULL AND w.given_up_at IS NULL
   AND (w.leased_until IS NULL OR w.leased_until <= $1::timestamptz)
   AND (c.name IS NULL OR NOT c.enabled OR c.disabled_at IS NOT NULL OR (w.created_at < $2::timestamptz AND w.next_try_at < $1::timestamptz
        AND w.tries > 0))
RETURNING o.outbox_id, o.channel, o.answer
