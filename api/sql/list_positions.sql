-- A page of the newest positions, by vehicle.
-- $1 after this vehicle, $2 recorded at or after, $3 rows at most.
-- Columns: vehicle_id, recorded_at, version, seq, received_at, longitude, latitude, speed_kmh, heading_deg, temperature_c, ignition,
-- flags, slow_since.
SELECT vehicle_id, recorded_at, version, seq, received_at, st_x(geom), st_y(geom), speed_kmh, heading_deg, temperature_c,
       ignition, 0::smallint AS flags, slow_since
  FROM position
 WHERE vehicle_id > $1
   AND recorded_at >= $2
   AND NOT hidden
 ORDER BY vehicle_id
 LIMIT $3
