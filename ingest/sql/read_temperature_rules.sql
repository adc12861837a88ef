-- No parameters. Columns: rule_id, lowest_c, highest_c, urgent_lowest_c, urgent_highest_c, hysteresis_c, for_s, clear_for_s,
-- pause_max_s, warming_s, silent_s, expects_sensor boolean (it is about certain vehicles, not about all), pause_field.
SELECT rule_id, lowest_c, highest_c, urgent_lowest_c, urgent_highest_c, hysteresis_c, for_s, clear_for_s, pause_max_s, warming_s,
       silent_s, vehicle_id IS NOT NULL OR kind IS NOT NULL, pause_field
  FROM temperature_rule
 ORDER BY rule_id
