-- What attempts say of their channels: one that took something is well; one that has failed for too long, or wants no more, is
-- disabled.
-- $1 text[] channel, $2 text[] outcome (delivered, failed, gone), $3 text[] why, $4 timestamptz now, $5 timestamptz failing since then or
-- before is too long.
-- Columns: 1 channel, 2 why it is disabled; only of those that are now.
UPDATE alert_channel AS c
   SET failing_since = CASE WHEN u.outcome = 'delivered' THEN NULL ELSE coalesce(c.failing_since, $4::timestamptz) END,
       last_success_at = CASE WHEN u.outcome = 'delivered' THEN $4::timestamptz ELSE c.last_success_at END,
       disabled_at = CASE WHEN u.outcome = 'gone' OR (u.outcome = 'failed' AND c.failing_since <= $5::timestamptz)
                          THEN coalesce(c.disabled_at, $4::timestamptz) ELSE c.disabled_at END,
       disabled_reason = CASE WHEN c.disabled_at IS NOT NULL THEN c.disabled_reason
                              WHEN u.outcome = 'gone' THEN 'the receiver wants no more: ' || u.why
                              WHEN u.outcome = 'failed' AND c.failing_since <= $5::timestamptz
                              THEN 'nothing could be delivered for too long, last: ' || u.why
                              ELSE c.disabled_reason END
  FROM unnest($1::text[], $2::text[], $3::text[]) AS u (channel, outcome, why)
 WHERE c.name = u.channel
RETURNING c.name, CASE WHEN c.disabled_at = $4::timestamptz THEN c.disabled_reason END
