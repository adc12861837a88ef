-- Says that episodes of a vehicle that overlap a time were reviewed (analysis_day): the days, in UTC, on which they started.
-- $1 bigint vehicle, $2 timestamptz and $3 timestamptz the time.
INSERT INTO analysis_day (day, change)
SELECT day, nextval('analysis_day_change_seq')
  FROM (SELECT DISTINCT (started_at AT TIME ZONE 'UTC')::date AS day
          FROM speeding_episode
         WHERE vehicle_id = $1::bigint
           AND started_at <= $3::timestamptz
           AND ended_at >= $2::timestamptz
         ORDER BY 1) days
    ON CONFLICT (day) DO UPDATE SET change = excluded.change
