-- Vehicles that have gone silent and of which nothing was said yet. One whose ignition was off is parked.
-- $1 timestamptz recorded at or before, $2 timestamptz recorded after, $3 boolean[] of one: parked ones too, $4 integer rows at most.
-- Columns: 1 vehicle_id, 2 vehicle, 3 fleet, 4 recorded_at, 5 longitude, 6 latitude.
SELECT p.vehicle_id, v.name, v.fleet, p.recorded_at, st_x(p.geom), st_y(p.geom)
  FROM position AS p
  JOIN vehicle AS v ON v.vehicle_id = p.vehicle_id
 WHERE p.recorded_at <= $1::timestamptz AND p.recorded_at > $2::timestamptz AND NOT p.hidden AND v.retired_at IS NULL
   AND ($3::boolean[] = ARRAY[true] OR p.ignition IS NOT FALSE)
   AND NOT EXISTS (SELECT FROM alert AS a
                    WHERE a.vehicle_id = p.vehicle_id AND a.kind = 6 AND a.subject_id = 0
                      AND (a.state <> 'cleared' OR a.condition_began_at = p.recorded_at))
 ORDER BY p.recorded_at
 LIMIT $4::integer
