-- A page of the history within a box of too many cells to name, oldest first, along time.
-- $1 from or the time of the last row read, $2 to (excluded), $3 and $4 vehicle and version of the last row read, $5 rows at most,
-- $6 to $9 west, south, east, north (west > east: over the antimeridian).
-- Columns: vehicle_id, recorded_at, version, seq, received_at, longitude, latitude, speed_kmh, heading_deg, temperature_c, ignition,
-- flags.
SELECT vehicle_id, recorded_at, version, seq, received_at, st_x(geom), st_y(geom), speed_kmh, heading_deg, temperature_c,
       ignition, flags
  FROM breadcrumb
 WHERE recorded_at >= $1
   AND recorded_at < $2
   AND (recorded_at, vehicle_id, version) > ($1, $3, $4)
   AND st_y(geom) BETWEEN $7 AND $9
   AND CASE WHEN $6::float8 <= $8::float8 THEN st_x(geom) BETWEEN $6 AND $8
            ELSE st_x(geom) >= $6 OR st_x(geom) <= $8 END
 ORDER BY recorded_at, vehicle_id, version
 LIMIT $5
