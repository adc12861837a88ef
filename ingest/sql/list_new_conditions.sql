-- Conditions that changed, in the order in which they did.
-- $1 bigint change of the last one known, $2 integer rows at most.
-- Columns: 1 vehicle_id, 2 vehicle, 3 fleet, 4 kind, 5 subject_id, 6 subject, 7 began_at, 8 fires_at, 9 ended_at, 10 seen_at, 11 value,
-- 12 limit_value, 13 longitude, 14 latitude, 15 its beginning is told, 16 its end is told, 17 change.
SELECT c.vehicle_id, v.name, v.fleet, c.kind, c.subject_id, coalesce(g.name, r.name), c.began_at, c.fires_at, c.ended_at, c.seen_at,
       c.value, c.limit_value, st_x(c.geom), st_y(c.geom), c.kind <> 7 OR coalesce(g.alert_enter, false),
       c.kind <> 7 OR coalesce(g.alert_exit, false), c.change
  FROM alert_condition AS c
  JOIN vehicle AS v ON v.vehicle_id = c.vehicle_id
  LEFT JOIN geofence AS g ON g.geofence_id = c.subject_id AND c.kind IN (7, 8)
  LEFT JOIN temperature_rule AS r ON r.rule_id = c.subject_id AND c.kind IN (2, 3, 4, 5)
 WHERE c.change > $1::bigint
 ORDER BY c.change
 LIMIT $2::integer
