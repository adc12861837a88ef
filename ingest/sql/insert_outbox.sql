-- Messages to be sent: one a change and channel.
-- $1 bigint[] alert_id, $2 integer[] sequence, $3 text[] channel, $4 timestamptz[] not before, $5 timestamptz now.
-- No columns.
INSERT INTO outbox (alert_id, sequence, channel, created_at, next_try_at)
SELECT u.alert_id, u.sequence, u.channel, $5::timestamptz, u.not_before
  FROM unnest($1::bigint[], $2::integer[], $3::text[], $4::timestamptz[]) AS u (alert_id, sequence, channel, not_before)
    ON CONFLICT (alert_id, sequence, channel) DO NOTHING
