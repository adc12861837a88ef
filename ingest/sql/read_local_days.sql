-- When the days from 1970 to 2100 begin in a time zone.
-- $1 text: its name. Column: bigint, us since 1970-01-01T00:00:00Z; ascending by day.
SELECT (extract(epoch FROM day AT TIME ZONE $1::text) * 1000000)::bigint
  FROM generate_series(timestamp '1970-01-01', timestamp '2100-01-01', interval '1 day') AS day
 ORDER BY day
