-- A page of speeding episodes of some vehicles, oldest first.
-- $1 from or the start of the last row read, $2 to (excluded), $3 vehicle of the last row read, $4 bigint rows at most,
-- $5 tolerance_kmh, $6 min_duration_s, $7 min_samples, $8 boolean strict, $9 bigint[] drivers, $10 text[] bands, $11 text[] reviews
-- (null: any), $12 bigint[] vehicles.
-- Columns: as in api/speeding/episode.h.
SELECT episode_id, vehicle_id, vehicle, driver_id, driver, started_at, ended_at, duration_s, before_s, after_s, distance_m, samples,
       largest_gap_s, max_speed_kmh, mean_speed_kmh, p95_speed_kmh, limit_kmh, limit_source, max_excess_kmh, mean_excess_kmh,
       excess_integral_kmh_s, band, has_jump, is_estimated, is_strict, end_reason, road, zone, started_lon, started_lat, peak_at,
       peak_lon, peak_lat, ended_lon, ended_lat, is_open, review, review_note, reviewed_by, reviewed_at, revision, rule_version
  FROM bi.speeding_episodes
 WHERE vehicle_id = ANY ($12::bigint[])
   AND started_at >= $1::timestamptz
   AND started_at < $2::timestamptz
   AND (started_at, vehicle_id) > ($1::timestamptz, $3::bigint)
   AND max_excess_kmh > $5::double precision
   AND duration_s >= $6::double precision
   AND samples >= $7::integer
   AND (NOT $8::boolean OR is_strict)
   AND ($9::bigint[] IS NULL OR driver_id = ANY ($9::bigint[]))
   AND ($10::text[] IS NULL OR band = ANY ($10::text[]))
   AND ($11::text[] IS NULL OR review = ANY ($11::text[]))
 ORDER BY started_at, vehicle_id
 LIMIT $4::bigint
