-- Sets a policy.
-- $1 text name, $2 text definition (JSON), $3 timestamptz now.
-- Columns: 1 it is new.
INSERT INTO alert_policy (name, definition, updated_at)
VALUES ($1::text, $2::text::json, $3::timestamptz)
    ON CONFLICT (name) DO UPDATE SET definition = excluded.definition, updated_at = excluded.updated_at
RETURNING xmax = 0
