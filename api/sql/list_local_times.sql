-- Times as the clocks of a zone show them.
-- $1 timestamptz[] times, $2 text zone.
-- Columns: 1 date and time, 2 day and minute without the year, 3 minutes ahead of UTC.
SELECT to_char(t.at AT TIME ZONE $2::text, 'YYYY-MM-DD HH24:MI:SS'),
       to_char(t.at AT TIME ZONE $2::text, 'MM-DD HH24:MI'),
       (extract(epoch FROM (t.at AT TIME ZONE $2::text) - (t.at AT TIME ZONE 'UTC')) / 60)::integer
  FROM unnest($1::timestamptz[]) WITH ORDINALITY AS t (at, place)
 ORDER BY t.place
