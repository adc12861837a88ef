-- A page of the history of several vehicles, oldest first.
-- $1 from or the time of the last row read, $2 to (excluded), $3 and $4 vehicle and version of the last row read, $5 rows at most,
-- $6 vehicles.
-- Columns: vehicle_id, recorded_at, version, seq, received_at, longitude, latitude, speed_kmh, heading_deg, temperature_c, ignition,
-- flags.
SELECT vehicle_id, recorded_at, version, seq, received_at, st_x(geom), st_y(geom), speed_kmh, heading_deg, temperature_c,
       ignition, flags
  FROM breadcrumb
 WHERE vehicle_id = ANY ($6::bigint[])
   AND recorded_at >= $1
   AND recorded_at < $2
   AND (recorded_at, vehicle_id, version) > ($1, $3, $4)
 ORDER BY recorded_at, vehicle_id, version
 LIMIT $5
