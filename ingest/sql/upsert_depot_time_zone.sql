-- The zone whose days drive_day has; as the views of bi read it. Untouched when it is the same. $1 text, $2 timestamptz now.
INSERT INTO setting AS s (name, value, updated_at)
VALUES ('depot_time_zone', to_jsonb($1::text), $2::timestamptz)
ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at
 WHERE s.value <> excluded.value
