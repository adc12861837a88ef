-- The speeding report of a range, by vehicle, driver or local day.
-- $1 text vehicle, driver or day, $2 timestamptz from, $3 to (excluded), $4 the beginning of the period before, $5 text zone of local
-- days, $6 text zone of drive_day, $7 double precision tolerance_kmh, $8 double precision min_duration_s, $9 integer min_samples,
-- $10 boolean strict, $11 text[] vehicles, $12 text[] drivers, $13 text[] bands, $14 text[] reviews (null: any).
-- Columns: 1 key (vehicle_id, driver_id, days since 1970), 2 vehicle, 3 driver, 4 day, 5 distance_km, 6 observed_h, 7 moving_h,
-- 8 known_limit_km, 9 known_limit_share, 10 episodes, 11 minor, 12 moderate, 13 severe, 14 extreme, 15 per_100_km,
-- 16 per_100_km_low, 17 per_100_km_high, 18 per_100_h, 19 per_100_h_low, 20 per_100_h_high, 21 over_limit_km, 22 over_limit_h,
-- 23 over_limit_distance_share, 24 over_limit_time_share, 25 worst_excess_kmh, 26 worst_episode_id, 27 previous_episodes,
-- 28 previous_distance_km, 29 previous_per_100_km, 30 change_per_100_km, 31 rank.
WITH asked AS NOT MATERIALIZED (
  SELECT $1::text AS group_by, $2::timestamptz AS from_at, $3::timestamptz AS to_at, $4::timestamptz AS previous_from_at,
         $5::text AS zone, $6::text AS depot_zone, $7::double precision AS tolerance_kmh,
         $8::double precision AS min_duration_s, $9::integer AS min_samples, $10::boolean AS is_strict, $11::text[] AS vehicles,
         $12::text[] AS drivers, $13::text[] AS bands, $14::text[] AS reviews
),
-- What is summed up apart: the range or each of its days, and the period before.
pieces AS (
  SELECT NULL::date AS day, true AS is_now, from_at AS starts_at, to_at AS ends_at FROM asked WHERE group_by <> 'day'
   UNION ALL
  SELECT NULL, false, previous_from_at, from_at FROM asked
   UNION ALL
  SELECT d::date, true, greatest(d AT TIME ZONE zone, from_at), least((d + interval '1 day') AT TIME ZONE zone, to_at)
    FROM asked, generate_series(date_trunc('day', from_at AT TIME ZONE zone), (to_at AT TIME ZONE zone) - interval '1 us',
                                interval '1 day') d
   WHERE group_by = 'day'
),
-- Which part of each day of the depot lies in them: all of it, where they are made of such days.
shares AS MATERIALIZED (
  SELECT p.day, p.is_now, d.day AS depot_day,
         (extract(epoch FROM least(p.ends_at, d.ends_at) - greatest(p.starts_at, d.starts_at))
           / extract(epoch FROM d.ends_at - d.starts_at))::double precision AS share
    FROM pieces p
    JOIN (SELECT g::date AS day, g AT TIME ZONE depot_zone AS starts_at, (g + interval '1 day') AT TIME ZONE depot_zone AS ends_at
            FROM asked, generate_series(date_trunc('day', previous_from_at AT TIME ZONE depot_zone), to_at AT TIME ZONE depot_zone,
                                        interval '1 day') g) d
      ON d.starts_at < p.ends_at AND d.ends_at > p.starts_at
),
-- In whole millimetres and microseconds, whose sums do not depend on the order of adding.
driven AS (
  SELECT CASE a.group_by WHEN 'vehicle' THEN f.vehicle_id WHEN 'driver' THEN f.driver_id ELSE s.day - date '1970-01-01' END AS key,
         s.is_now,
         sum(round(f.distance_m * 1000) * s.share) / 1e6 AS distance_km,
         sum(round(f.observed_s * 1e6) * s.share) / 36e8 AS observed_h,
         sum(round(f.moving_s * 1e6) * s.share) / 36e8 AS moving_h,
         sum(round(f.known_limit_m * 1000) * s.share) / 1e6 AS known_limit_km,
         sum(round(f.over_limit_m * 1000) * s.share) / 1e6 AS over_limit_km,
         sum(round(f.over_limit_s * 1e6) * s.share) / 36e8 AS over_limit_h
    FROM asked a
   CROSS JOIN shares s
    JOIN bi.drive_days f ON f.day = s.depot_day
   WHERE (a.vehicles IS NULL OR a.group_by = 'vehicle' OR f.vehicle = ANY (a.vehicles))
     AND (a.drivers IS NULL OR a.group_by = 'driver' OR coalesce(f.driver, '') = ANY (a.drivers))
   GROUP BY 1, 2
),
caught AS (
  SELECT CASE a.group_by WHEN 'vehicle' THEN e.vehicle_id WHEN 'driver' THEN e.driver_id
              ELSE CASE WHEN e.started_at >= a.from_at THEN (e.started_at AT TIME ZONE a.zone)::date - date '1970-01-01' END END AS key,
         e.started_at >= a.from_at AS is_now,
         count(*) AS episodes,
         count(*) FILTER (WHERE e.band = 'minor') AS minor,
         count(*) FILTER (WHERE e.band = 'moderate') AS moderate,
         count(*) FILTER (WHERE e.band = 'severe') AS severe,
         count(*) FILTER (WHERE e.band = 'extreme') AS extreme,
         max(e.max_excess_kmh) AS worst_excess_kmh,
         (array_agg(e.episode_id ORDER BY e.max_excess_kmh DESC, e.episode_id))[1] AS worst_episode_id
    FROM asked a
    JOIN bi.speeding_episodes e ON e.started_at >= a.previous_from_at AND e.started_at < a.to_at
   WHERE e.max_excess_kmh > a.tolerance_kmh
     AND e.duration_s >= a.min_duration_s
     AND e.samples >= a.min_samples
     AND (e.is_strict OR NOT a.is_strict)
     AND (a.bands IS NULL OR e.band = ANY (a.bands))
     AND (a.reviews IS NULL OR e.review = ANY (a.reviews))
     AND (a.vehicles IS NULL OR a.group_by = 'vehicle' OR e.vehicle = ANY (a.vehicles))
     AND (a.drivers IS NULL OR a.group_by = 'driver' OR coalesce(e.driver, '') = ANY (a.drivers))
   GROUP BY 1, 2
),
figures AS (
  SELECT k.key,
         coalesce(d.distance_km, 0) AS distance_km, coalesce(d.observed_h, 0) AS observed_h, coalesce(d.moving_h, 0) AS moving_h,
         coalesce(d.known_limit_km, 0) AS known_limit_km, coalesce(d.over_limit_km, 0) AS over_limit_km,
         coalesce(d.over_limit_h, 0) AS over_limit_h,
         coalesce(c.episodes, 0) AS episodes, coalesce(c.minor, 0) AS minor, coalesce(c.moderate, 0) AS moderate,
         coalesce(c.severe, 0) AS severe, coalesce(c.extreme, 0) AS extreme, c.worst_excess_kmh, c.worst_episode_id,
         coalesce(bc.episodes, 0) AS previous_episodes, coalesce(bd.distance_km, 0) AS previous_distance_km,
         100 * coalesce(c.episodes, 0) / nullif(d.distance_km, 0) AS per_100_km,
         100 * coalesce(bc.episodes, 0) / nullif(bd.distance_km, 0) AS previous_per_100_km
    FROM (SELECT key FROM driven UNION SELECT key FROM caught) k
    LEFT JOIN driven d ON d.key = k.key AND d.is_now
    LEFT JOIN caught c ON c.key = k.key AND c.is_now
    LEFT JOIN driven bd ON bd.key = k.key AND NOT bd.is_now
    LEFT JOIN caught bc ON bc.key = k.key AND NOT bc.is_now
   WHERE k.key IS NOT NULL
     AND (c.episodes > 0 OR bc.episodes > 0 OR d.distance_km > 0 OR d.observed_h > 0 OR bd.distance_km > 0)
),
-- The interval of a count is computed once for each count there is.
intervals AS MATERIALIZED (
  SELECT episodes, bi.poisson_low(episodes) AS low, bi.poisson_high(episodes) AS high
    FROM (SELECT DISTINCT episodes FROM figures) counts
)
SELECT f.key,
       v.name AS vehicle,
       d.name AS driver,
       CASE WHEN a.group_by = 'day' THEN date '1970-01-01' + f.key::integer END AS day,
       f.distance_km,
       f.observed_h,
       f.moving_h,
       f.known_limit_km,
       f.known_limit_km / nullif(f.distance_km, 0) AS known_limit_share,
       f.episodes,
       f.minor,
       f.moderate,
       f.severe,
       f.extreme,
       f.per_100_km,
       100 * i.low / nullif(f.distance_km, 0) AS per_100_km_low,
       100 * i.high / nullif(f.distance_km, 0) AS per_100_km_high,
       100 * f.episodes / nullif(f.observed_h, 0) AS per_100_h,
       100 * i.low / nullif(f.observed_h, 0) AS per_100_h_low,
       100 * i.high / nullif(f.observed_h, 0) AS per_100_h_high,
       f.over_limit_km,
       f.over_limit_h,
       f.over_limit_km / nullif(f.distance_km, 0) AS over_limit_distance_share,
       f.over_limit_h / nullif(f.observed_h, 0) AS over_limit_time_share,
       f.worst_excess_kmh,
       f.worst_episode_id,
       CASE WHEN a.group_by <> 'day' THEN f.previous_episodes END AS previous_episodes,
       CASE WHEN a.group_by <> 'day' THEN f.previous_distance_km END AS previous_distance_km,
       f.previous_per_100_km,
       f.per_100_km - f.previous_per_100_km AS change_per_100_km,
       f.rank
  FROM asked a
 CROSS JOIN (SELECT *, CASE WHEN per_100_km IS NOT NULL THEN rank() OVER (ORDER BY per_100_km DESC NULLS LAST) END AS rank FROM figures) f
  JOIN intervals i ON i.episodes = f.episodes
  LEFT JOIN vehicle v ON v.vehicle_id = f.key AND a.group_by = 'vehicle'
  LEFT JOIN driver d ON d.driver_id = f.key AND a.group_by = 'driver'
 WHERE (a.vehicles IS NULL OR a.group_by <> 'vehicle' OR v.name = ANY (a.vehicles))
   AND (a.drivers IS NULL OR a.group_by <> 'driver' OR coalesce(d.name, '') = ANY (a.drivers))
 ORDER BY f.per_100_km DESC NULLS LAST, f.episodes DESC, f.key
