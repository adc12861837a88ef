-- What a report sums up apart, and which part of each of the depot's days lies in it: pieces and shares of report_speeding.sql.
-- $1 boolean by day, $2 timestamptz from, $3 to (excluded), $4 the beginning of the period before, $5 text zone of local days,
-- $6 text zone of drive_day.
-- Columns: 1 day of the piece (days since 1970, null: none), 2 is_now, 3 starts_at, 4 ends_at, 5 the depot's day (days since 1970),
-- 6 share; in the order of the pieces.
SELECT p.day - date '1970-01-01', p.is_now, p.starts_at, p.ends_at, d.day - date '1970-01-01',
       (extract(epoch FROM least(p.ends_at, d.ends_at) - greatest(p.starts_at, d.starts_at))
         / extract(epoch FROM d.ends_at - d.starts_at))::double precision
  FROM (SELECT NULL::date AS day, false AS is_now, $4::timestamptz AS starts_at, $2::timestamptz AS ends_at
         UNION ALL
        SELECT NULL, true, $2::timestamptz, $3::timestamptz WHERE NOT $1::boolean
         UNION ALL
        SELECT g::date, true, greatest(g AT TIME ZONE $5::text, $2::timestamptz),
               least((g + interval '1 day') AT TIME ZONE $5::text, $3::timestamptz)
          FROM generate_series(date_trunc('day', $2::timestamptz AT TIME ZONE $5::text),
                               ($3::timestamptz AT TIME ZONE $5::text) - interval '1 us', interval '1 day') g
         WHERE $1::boolean) p
  JOIN (SELECT g::date AS day, g AT TIME ZONE $6::text AS starts_at, (g + interval '1 day') AT TIME ZONE $6::text AS ends_at
          FROM generate_series(date_trunc('day', $4::timestamptz AT TIME ZONE $6::text), $3::timestamptz AT TIME ZONE $6::text,
                               interval '1 day') g) d
    ON d.starts_at < p.ends_at AND d.ends_at > p.starts_at
 ORDER BY p.starts_at, d.day
