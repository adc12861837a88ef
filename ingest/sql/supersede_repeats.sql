-- Reminders that still wait for a channel that does not answer give way to newer messages of the same alert.
-- $1 bigint[] alert_id, $2 integer[] sequence and $3 text[] channel of the newer ones, $4 timestamptz now.
-- No columns.
UPDATE outbox AS o
   SET given_up_at = $4::timestamptz, answer = 'superseded by a newer message of the same alert'
  FROM unnest($1::bigint[], $2::integer[], $3::text[]) AS u (alert_id, sequence, channel), alert_event AS e
 WHERE o.alert_id = u.alert_id AND o.channel = u.channel AND o.sequence < u.sequence
   AND e.alert_id = o.alert_id AND e.sequence = o.sequence AND e.change = 'repeated'
   AND o.delivered_at IS NULL AND o.given_up_at IS NULL AND (o.leased_until IS NULL OR o.leased_until < $4::timestamptz)
