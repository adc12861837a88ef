-- Excursions of a vehicle that reach into a period, oldest first.
-- $1 bigint vehicle, $2 timestamptz from, $3 timestamptz until (excluded), $4 bigint rows at most.
-- Columns: 1 tier, 2 side, 3 started_at, 4 ended_at, 5 limit_c, 6 extreme_c, 7 degree_minutes, 8 over_s, 9 paused_s, 10 fired_at,
-- 11 is_open.
SELECT tier, side, started_at, ended_at, limit_c, extreme_c, degree_minutes, over_s, paused_s, fired_at, is_open
  FROM excursion
 WHERE vehicle_id = $1 AND ended_at >= $2::timestamptz AND started_at < $3::timestamptz
 ORDER BY started_at, tier
 LIMIT $4::bigint
