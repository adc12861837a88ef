-- What was driven in local days of the depot, and how much of it with a known limit.
-- $1 time zone of the depot, $2 from, $3 to (half open), $4 vehicle ids or null (all).
-- Columns: day (YYYY-MM-DD), distance_m, known_limit_m, observed_s, known_limit_s.
SELECT to_char(day, 'YYYY-MM-DD'), sum(distance_m), sum(known_limit_m), sum(observed_s), sum(known_limit_s)
  FROM drive_day
 WHERE day >= ($2::timestamptz AT TIME ZONE $1::text)::date
   AND day < ($3::timestamptz AT TIME ZONE $1::text)
   AND ($4::bigint[] IS NULL OR vehicle_id = ANY ($4::bigint[]))
 GROUP BY day
 ORDER BY day
