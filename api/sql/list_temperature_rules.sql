-- Temperature rules by name.
-- $1 text name of the last one shown, $2 bigint rows at most.
-- Columns: 1 rule_id, 2 name, 3 vehicle, 4 kind, 5 fleet, 6 lowest_c, 7 highest_c, 8 urgent_lowest_c, 9 urgent_highest_c, 10 for_s,
-- 11 clear_for_s, 12 hysteresis_c, 13 pause_field, 14 pause_max_s, 15 warming_s, 16 silent_s, 17 updated_at, 18 vehicles it holds
-- for, 19 vehicle_id.
SELECT r.rule_id, r.name, v.name, r.kind, r.fleet, r.lowest_c, r.highest_c, r.urgent_lowest_c, r.urgent_highest_c, r.for_s,
       r.clear_for_s, r.hysteresis_c, r.pause_field, r.pause_max_s, r.warming_s, r.silent_s, r.updated_at,
       coalesce(held.vehicles, 0), r.vehicle_id
  FROM temperature_rule r
  LEFT JOIN vehicle v ON v.vehicle_id = r.vehicle_id
  LEFT JOIN (SELECT rule_id, count(*) AS vehicles FROM vehicle_temperature_rule GROUP BY rule_id) AS held ON held.rule_id = r.rule_id
 WHERE r.name > $1
 ORDER BY r.name
 LIMIT $2::bigint
