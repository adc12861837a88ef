-- Sets a channel; whatever disabled it is forgotten. A webhook keeps its secret unless another is given.
-- $1 text name, $2 text kind, $3 text url, $4 text secret given, $5 text secret made, for a new webhook, $6 text addresses (JSON),
-- $7 text topic_arn, $8 boolean[] of one: enabled, $9 timestamptz now. What a kind does not have is null.
-- Columns: 1 it is new, 2 secret.
INSERT INTO alert_channel AS c (name, kind, url, secret, addresses, topic_arn, enabled, created_at, updated_at)
VALUES ($1::text, $2::text, $3::text, coalesce($4::text, $5::text), $6::text::json, $7::text, ($8::boolean[])[1], $9::timestamptz,
        $9::timestamptz)
    ON CONFLICT (name) DO UPDATE
   SET kind = excluded.kind, url = excluded.url,
       secret = CASE WHEN excluded.kind = 'webhook' THEN coalesce($4::text, c.secret, excluded.secret) END,
       addresses = excluded.addresses, topic_arn = excluded.topic_arn, enabled = excluded.enabled, disabled_at = NULL,
       disabled_reason = NULL, failing_since = NULL, updated_at = excluded.updated_at
RETURNING created_at = updated_at, secret
