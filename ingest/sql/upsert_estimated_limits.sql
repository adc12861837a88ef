-- Whether limits that are usual for a road's class count in the derived rows. Untouched when it is the same; not said is false.
-- $1 boolean, $2 timestamptz now
INSERT INTO setting AS s (name, value, updated_at)
SELECT 'estimated_limits', to_jsonb($1::boolean), $2::timestamptz
 WHERE $1::boolean OR EXISTS (SELECT FROM setting AS known WHERE known.name = 'estimated_limits')
ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at
 WHERE s.value <> excluded.value
