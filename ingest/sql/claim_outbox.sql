-- Takes messages that are due, for as long as the lease lasts: the oldest of each channel, none before an earlier one of the same
-- alert to the same channel has ended.
-- $1 timestamptz now, $2 timestamptz end of the lease, $3 text[] channels that take no more now, $4 integer rows at most of each channel,
-- $5 integer rows at most.
-- Columns: 1 outbox_id, 2 tries, 3 channel, 4 kind, 5 url, 6 secret, 7 addresses, 8 topic_arn, 9 message_id, 10 thread_id, 11 alert_id,
-- 12 sequence, 13 change, 14 title, 15 at, 16 by_whom, 17 note, 18 document.
WITH due AS (
  SELECT w.outbox_id
    FROM alert_channel AS c
   CROSS JOIN LATERAL (SELECT o.outbox_id, o.next_try_at
                         FROM outbox AS o
                        WHERE o.channel = c.name AND o.next_try_at <= $1::timestamptz AND o.delivered_at IS NULL
                          AND o.given_up_at IS NULL AND (o.leased_until IS NULL OR o.leased_until <= $1::timestamptz)
                          AND NOT EXISTS (SELECT FROM outbox AS e
                                           WHERE e.alert_id = o.alert_id AND e.channel = o.channel AND e.sequence < o.sequence
                                             AND e.delivered_at IS NULL AND e.given_up_at IS NULL)
                        ORDER BY o.next_try_at
                        LIMIT $4::integer) AS w
   WHERE c.enabled AND c.disabled_at IS NULL AND c.name <> ALL ($3::text[])
   ORDER BY w.next_try_at
   LIMIT $5::integer
), locked AS (
  SELECT o.outbox_id
    FROM outbox AS o
   WHERE o.outbox_id IN (SELECT d.outbox_id FROM due AS d) AND o.delivered_at IS NULL AND o.given_up_at IS NULL
     AND (o.leased_until IS NULL OR o.leased_until <= $1::timestamptz)
     FOR UPDATE SKIP LOCKED
), claimed AS (
  UPDATE outbox AS o
     SET leased_until = $2::timestamptz, tries = o.tries + 1
    FROM locked AS l
   WHERE o.outbox_id = l.outbox_id
  RETURNING o.*
)
SELECT m.outbox_id, m.tries, m.channel, c.kind, c.url, c.secret, c.addresses::text, c.topic_arn, m.message_id::text,
       coalesce((SELECT f.message_id::text FROM outbox AS f WHERE f.alert_id = m.alert_id AND f.channel = m.channel
                  ORDER BY f.sequence LIMIT 1), m.message_id::text),
       m.alert_id, m.sequence, coalesce(e.change, 'test'), coalesce(e.title, 'Test message of channel ' || m.channel),
       coalesce(e.at, m.created_at), e.by_whom, e.note, coalesce(e.document, m.document)::text
  FROM claimed AS m
  JOIN alert_channel AS c ON c.name = m.channel
  LEFT JOIN alert_event AS e ON e.alert_id = m.alert_id AND e.sequence = m.sequence
 ORDER BY m.next_try_at, m.outbox_id
