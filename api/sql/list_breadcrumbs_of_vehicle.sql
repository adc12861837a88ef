-- A page of one vehicle's history, oldest first, along the primary key.
-- $1 from or the time of the last row read, $2 to (excluded), $3 and $4 vehicle and version of the last row read, $5 rows at most,
-- $6 vehicle.
-- Columns: vehicle_id, recorded_at, version, seq, received_at, longitude, latitude, speed_kmh, heading_deg, temperature_c, ignition,
-- flags.
SELECT vehicle_id, recorded_at, version, seq, received_at, st_x(geom), st_y(geom), speed_kmh, heading_deg, temperature_c,
       ignition, flags
  FROM breadcrumb
 WHERE vehicle_id = $6
   AND recorded_at >= $1
   AND recorded_at < $2
   AND (recorded_at, vehicle_id, version) > ($1, $3, $4)
 ORDER BY recorded_at, version
 LIMIT $5
