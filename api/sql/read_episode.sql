-- One speeding episode.
-- $1 bigint episode_id. Columns: as in api/speeding/episode.h.
SELECT episode_id, vehicle_id, vehicle, driver_id, driver, started_at, ended_at, duration_s, before_s, after_s, distance_m, samples,
       largest_gap_s, max_speed_kmh, mean_speed_kmh, p95_speed_kmh, limit_kmh, limit_source, max_excess_kmh, mean_excess_kmh,
       excess_integral_kmh_s, band, has_jump, is_estimated, is_strict, end_reason, road, zone, started_lon, started_lat, peak_at,
       peak_lon, peak_lat, ended_lon, ended_lat, is_open, review, review_note, reviewed_by, reviewed_at, revision, rule_version
  FROM bi.speeding_episodes
 WHERE episode_id = $1::bigint
