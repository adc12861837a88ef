-- Policies by name.
-- $1 text name of the last one shown, $2 text name of the one wanted (null: all), $3 bigint rows at most.
-- Columns: 1 name, 2 definition, 3 updated_at.
SELECT p.name, p.definition::text, p.updated_at
  FROM alert_policy AS p
 WHERE p.name > $1::text AND ($2::text IS NULL OR p.name = $2::text)
 ORDER BY p.name
 LIMIT $3::bigint
