-- Times as they are written in a zone, for people.
-- $1 timestamptz[] times, $2 text zone. Columns: text, in the order of the times.
SELECT to_char(t.at AT TIME ZONE $2::text, 'YYYY-MM-DD HH24:MI:SS')
  FROM unnest($1::timestamptz[]) WITH ORDINALITY t (at, number)
 ORDER BY t.number
