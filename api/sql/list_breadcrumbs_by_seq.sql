-- Breadcrumbs in the order of their arrival.
-- $1 after, $2 up to (included), $3 rows at most.
-- Columns: vehicle_id, recorded_at, version, seq, received_at, longitude, latitude, speed_kmh, heading_deg, temperature_c, ignition,
-- flags.
SELECT vehicle_id, recorded_at, version, seq, received_at, st_x(geom), st_y(geom), speed_kmh, heading_deg, temperature_c,
       ignition, flags
  FROM breadcrumb
 WHERE seq > $1
   AND seq <= $2
 ORDER BY seq
 LIMIT $3
