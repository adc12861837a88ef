-- One temperature rule.
-- $1 text name.
-- Columns: as list_temperature_rules.sql.
SELECT r.rule_id, r.name, v.name, r.kind, r.fleet, r.lowest_c, r.highest_c, r.urgent_lowest_c, r.urgent_highest_c, r.for_s,
       r.clear_for_s, r.hysteresis_c, r.pause_field, r.pause_max_s, r.warming_s, r.silent_s, r.updated_at,
       coalesce(held.vehicles, 0), r.vehicle_id
  FROM temperature_rule r
  LEFT JOIN vehicle v ON v.vehicle_id = r.vehicle_id
  LEFT JOIN (SELECT rule_id, count(*) AS vehicles FROM vehicle_temperature_rule GROUP BY rule_id) AS held ON held.rule_id = r.rule_id
 WHERE r.name = $1
