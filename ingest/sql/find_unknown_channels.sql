-- Which of these names no channel has.
-- $1 text[] names.
-- Columns: 1 name.
SELECT u.name
  FROM unnest($1::text[]) AS u (name)
 WHERE NOT EXISTS (SELECT FROM alert_channel AS c WHERE c.name = u.name)
 ORDER BY u.name
