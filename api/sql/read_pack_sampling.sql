-- How sure the figures of a pack are: intervals between breadcrumbs, and the quality of the episodes that it lists.
-- $1 timestamptz from, $2 timestamptz to (excluded), $3 double precision tolerance_kmh, $4 double precision min_duration_s,
-- $5 integer min_samples, $6 bigint[] vehicles, $7 bigint[] drivers, $8 text[] bands, $9 text[] reviews (null: any),
-- $10 text zone of drive_day.
-- Columns: 1 mean interval between breadcrumbs in s, 2 episodes, 3 strict ones, 4 of one breadcrumb, 5 with a jump, 6 with a gap of
-- more than 60 s, 7 with an estimated limit, 8 mean and 9 median and 10 95 % quantile of how uncertain their duration is in s,
-- 11 newest breadcrumb of an episode.
SELECT (SELECT sum(observed_s) / nullif(sum(samples), 0)
          FROM drive_day
         WHERE day >= ($1::timestamptz AT TIME ZONE $10::text)::date
           AND day < ($2::timestamptz AT TIME ZONE $10::text)::date
           AND ($6::bigint[] IS NULL OR vehicle_id = ANY ($6::bigint[]))
           AND ($7::bigint[] IS NULL OR driver_id = ANY ($7::bigint[]))),
       count(*), count(*) FILTER (WHERE is_strict), count(*) FILTER (WHERE samples = 1), count(*) FILTER (WHERE has_jump),
       count(*) FILTER (WHERE largest_gap_s > 60), count(*) FILTER (WHERE is_estimated),
       avg(coalesce(before_s, 0)::double precision + coalesce(after_s, 0)),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY coalesce(before_s, 0)::double precision + coalesce(after_s, 0)),
       percentile_cont(0.95) WITHIN GROUP (ORDER BY coalesce(before_s, 0)::double precision + coalesce(after_s, 0)),
       max(ended_at)
  FROM bi.speeding_episodes
 WHERE started_at >= $1::timestamptz
   AND started_at < $2::timestamptz
   AND max_excess_kmh > $3::double precision
   AND duration_s >= $4::double precision
   AND samples >= $5::integer
   AND ($6::bigint[] IS NULL OR vehicle_id = ANY ($6::bigint[]))
   AND ($7::bigint[] IS NULL OR driver_id = ANY ($7::bigint[]))
   AND ($8::text[] IS NULL OR band = ANY ($8::text[]))
   AND ($9::text[] IS NULL OR review = ANY ($9::text[]))
