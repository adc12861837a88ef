-- The temperature rule that holds for a vehicle.
-- $1 bigint vehicle.
-- Columns: 1 rule_id, 2 name, 3 lowest_c, 4 highest_c, 5 urgent_lowest_c, 6 urgent_highest_c, 7 silent_s, 8 for_s.
SELECT r.rule_id, r.name, r.lowest_c, r.highest_c, r.urgent_lowest_c, r.urgent_highest_c, r.silent_s, r.for_s
  FROM vehicle_temperature_rule h
  JOIN temperature_rule r ON r.rule_id = h.rule_id
 WHERE h.vehicle_id = $1
