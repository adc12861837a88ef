-- The depot's offsets from UTC: from when on each holds, from a day ago to nine days ahead.
-- $1 timestamptz now.
-- Columns: 1 from_at, 2 offset in seconds, bigint.
SELECT min(at), offset_s
  FROM (SELECT at, extract(epoch FROM (at AT TIME ZONE zone) - (at AT TIME ZONE 'UTC'))::bigint AS offset_s
          FROM (SELECT coalesce((SELECT s.value #>> '{}' FROM setting AS s WHERE s.name = 'depot_time_zone'), 'UTC') AS zone) AS depot,
               generate_series(date_trunc('hour', $1::timestamptz) - interval '1 day', $1::timestamptz + interval '9 days',
                               interval '30 minutes') AS at) AS moment
 GROUP BY offset_s
 ORDER BY 1
