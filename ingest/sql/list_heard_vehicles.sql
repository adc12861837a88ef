-- Vehicles that are said to be silent and are heard again, or were taken off the map.
-- $1 timestamptz recorded after, $2 timestamptz now, $3 integer rows at most.
-- Columns: 1 vehicle_id, 2 vehicle, 3 fleet, 4 began_at, 5 ended_at, 6 longitude, 7 latitude.
SELECT p.vehicle_id, v.name, v.fleet, a.condition_began_at,
       CASE WHEN p.recorded_at > a.condition_began_at THEN p.recorded_at ELSE $2::timestamptz END, st_x(p.geom), st_y(p.geom)
  FROM position AS p
  JOIN alert AS a ON a.vehicle_id = p.vehicle_id
  JOIN vehicle AS v ON v.vehicle_id = p.vehicle_id
 WHERE a.kind = 6 AND a.subject_id = 0 AND a.state <> 'cleared' AND (p.recorded_at > $1::timestamptz OR p.hidden)
 ORDER BY p.vehicle_id
 LIMIT $3::integer
