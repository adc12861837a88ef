-- A page of the history of vehicles within a box, oldest first.
-- $1 from or the time of the last row read, $2 to (excluded), $3 and $4 vehicle and version of the last row read, $5 rows at most,
-- $6 vehicles, $7 to $10 west, south, east, north (west > east: over the antimeridian).
-- Columns: vehicle_id, recorded_at, version, seq, received_at, longitude, latitude, speed_kmh, heading_deg, temperature_c, ignition,
-- flags.
SELECT vehicle_id, recorded_at, version, seq, received_at, st_x(geom), st_y(geom), speed_kmh, heading_deg, temperature_c,
       ignition, flags
  FROM breadcrumb
 WHERE vehicle_id = ANY ($6::bigint[])
   AND recorded_at >= $1
   AND recorded_at < $2
   AND (recorded_at, vehicle_id, version) > ($1, $3, $4)
   AND st_y(geom) BETWEEN $8 AND $10
   AND CASE WHEN $7::float8 <= $9::float8 THEN st_x(geom) BETWEEN $7 AND $9
            ELSE st_x(geom) >= $7 OR st_x(geom) <= $9 END
 ORDER BY recorded_at, vehicle_id, version
 LIMIT $5
