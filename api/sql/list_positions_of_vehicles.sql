-- The newest positions of vehicles.
-- $1 vehicles, $2 recorded at or after.
-- Columns: vehicle_id, recorded_at, version, seq, received_at, longitude, latitude, speed_kmh, heading_deg, temperature_c, ignition,
-- flags, slow_since.
SELECT vehicle_id, recorded_at, version, seq, received_at, st_x(geom), st_y(geom), speed_kmh, heading_deg, temperature_c,
       ignition, 0::smallint AS flags, slow_since
  FROM position
 WHERE vehicle_id = ANY ($1::bigint[])
   AND recorded_at >= $2
   AND NOT hidden
 ORDER BY vehicle_id
