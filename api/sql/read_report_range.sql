-- What a report of speeding goes by when nothing else is asked for, and its range in a time zone. A day begins at its first moment
-- there, whatever the clocks do.
-- $1 timestamptz now, $2 text zone or null (the depot's), $3 text the range's name or null, $4 timestamptz from or null, $5 text its
-- day (YYYY-MM-DD) or null, $6 timestamptz to or null, $7 text its day or null.
-- Columns: 1 zone, 2 from_at, 3 to_at, 4 previous_from_at (as much local time before from_at;
-- from_at itself for a range that is too long for a report: the caller refuses it), 5 depot_time_zone, 6 tolerance_kmh,
-- 7 min_duration_s, 8 min_samples, 9 minor_to_kmh, 10 moderate_to_kmh, 11 severe_to_kmh, 12 rule_version.
SELECT zone, from_at, to_at,
       CASE WHEN to_at - from_at < interval '10000 days'
            THEN ((from_at AT TIME ZONE zone) - ((to_at AT TIME ZONE zone) - (from_at AT TIME ZONE zone))) AT TIME ZONE zone
            ELSE from_at END,
       depot_time_zone, tolerance_kmh, min_duration_s, min_samples, minor_to_kmh, moderate_to_kmh, severe_to_kmh,
       coalesce((SELECT max(version) FROM rule_change), 0)
  FROM (SELECT *,
               coalesce($4::timestamptz, $5::text::timestamp AT TIME ZONE zone, named_from AT TIME ZONE zone) AS from_at,
               coalesce($6::timestamptz, $7::text::timestamp AT TIME ZONE zone, named_to AT TIME ZONE zone) AS to_at
          FROM (SELECT *,
                       CASE coalesce($3::text, 'last_30_days')
                            WHEN 'today' THEN today
                            WHEN 'yesterday' THEN today - interval '1 day'
                            WHEN 'this_week' THEN date_trunc('week', today)
                            WHEN 'last_week' THEN date_trunc('week', today) - interval '7 days'
                            WHEN 'this_month' THEN date_trunc('month', today)
                            WHEN 'last_month' THEN date_trunc('month', today) - interval '1 month'
                            WHEN 'last_7_days' THEN today - interval '6 days'
                            WHEN 'last_90_days' THEN today - interval '89 days'
                            ELSE today - interval '29 days' END AS named_from,
                       CASE coalesce($3::text, 'last_30_days')
                            WHEN 'yesterday' THEN today
                            WHEN 'this_week' THEN date_trunc('week', today) + interval '7 days'
                            WHEN 'last_week' THEN date_trunc('week', today)
                            WHEN 'this_month' THEN date_trunc('month', today) + interval '1 month'
                            WHEN 'last_month' THEN date_trunc('month', today)
                            ELSE today + interval '1 day' END AS named_to
                  FROM (SELECT *, date_trunc('day', $1::timestamptz AT TIME ZONE zone) AS today
                          FROM (SELECT *, coalesce($2::text, depot_time_zone) AS zone FROM bi.speeding_settings) z) t) n) r
