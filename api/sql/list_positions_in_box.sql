-- A page of the newest positions within a box, by vehicle. The envelopes are rounded outwards; the coordinates decide.
-- $1 after this vehicle, $2 recorded at or after, $3 rows at most, $4 to $7 west, south, east, north
-- (west > east: over the antimeridian).
-- Columns: vehicle_id, recorded_at, version, seq, received_at, longitude, latitude, speed_kmh, heading_deg, temperature_c, ignition,
-- flags, slow_since.
SELECT vehicle_id, recorded_at, version, seq, received_at, st_x(geom), st_y(geom), speed_kmh, heading_deg, temperature_c,
       ignition, 0::smallint AS flags, slow_since
  FROM position
 WHERE vehicle_id > $1
   AND recorded_at >= $2
   AND NOT hidden
   AND st_y(geom) BETWEEN $5 AND $7
   AND CASE WHEN $4::float8 <= $6::float8 THEN st_x(geom) BETWEEN $4 AND $6
            ELSE st_x(geom) >= $4 OR st_x(geom) <= $6 END
 ORDER BY vehicle_id
 LIMIT $3
