-- Excursions that reach into a period, newest first; every filter may be null.
-- $1 timestamptz, $2 bigint, $3 bigint, $4 integer: started_at, vehicle_id, rule_id and tier of the last one shown; $5 bigint[] vehicles,
-- $6 text name of a rule, $7 integer tier, $8 integer side, $9 integer 1: only those that fired, 0: only the others, $10 integer the
-- same of open ones, $11 timestamptz and $12 timestamptz the period, $13 bigint rows at most.
-- Columns: 1 vehicle, 2 rule, 3 tier, 4 side, 5 started_at, 6 ended_at, 7 limit_c, 8 extreme_c, 9 extreme_at, 10 degree_minutes,
-- 11 over_s, 12 paused_s, 13 samples, 14 fired_at, 15 is_open, 16 revision, 17 rule_version, 18 vehicle_id, 19 rule_id.
SELECT v.name, r.name, e.tier, e.side, e.started_at, e.ended_at, e.limit_c, e.extreme_c, e.extreme_at, e.degree_minutes, e.over_s,
       e.paused_s, e.samples, e.fired_at, e.is_open, e.revision, e.rule_version, e.vehicle_id, e.rule_id
  FROM excursion e
  JOIN vehicle v ON v.vehicle_id = e.vehicle_id
  LEFT JOIN temperature_rule r ON r.rule_id = e.rule_id
 WHERE (e.started_at, e.vehicle_id, e.rule_id, e.tier) < ($1::timestamptz, $2::bigint, $3::bigint, $4::integer)
   AND ($5::bigint[] IS NULL OR e.vehicle_id = ANY ($5::bigint[]))
   AND ($6::text IS NULL OR r.name = $6::text)
   AND ($7::integer IS NULL OR e.tier = $7::integer)
   AND ($8::integer IS NULL OR e.side = $8::integer)
   AND ($9::integer IS NULL OR ($9::integer = 1) = (e.fired_at IS NOT NULL))
   AND ($10::integer IS NULL OR ($10::integer = 1) = e.is_open)
   AND ($11::timestamptz IS NULL OR e.is_open OR e.ended_at >= $11::timestamptz)
   AND ($12::timestamptz IS NULL OR e.started_at < $12::timestamptz)
 ORDER BY e.started_at DESC, e.vehicle_id DESC, e.rule_id DESC, e.tier DESC
 LIMIT $13::bigint
