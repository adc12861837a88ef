-- A page of the newest positions around a box, by vehicle. Boxes of PostGIS are rounded outwards to single precision: a few come
-- that lie just outside, and the caller looks at the coordinates. The envelope is a subquery so that it is made once.
-- $1 after this vehicle, $2 recorded at or after, $3 rows at most, $4 to $7 west, south, east, north (west <= east).
-- Columns: vehicle_id, recorded_at, version, seq, received_at, longitude, latitude, speed_kmh, heading_deg, temperature_c, ignition,
-- flags, slow_since.
SELECT vehicle_id, recorded_at, version, seq, received_at, st_x(geom), st_y(geom), speed_kmh, heading_deg, temperature_c,
       ignition, 0::smallint AS flags, slow_since
  FROM position
 WHERE geom && (SELECT st_makeenvelope($4, $5, $6, $7, 4326))
   AND vehicle_id > $1
   AND recorded_at >= $2
   AND NOT hidden
 ORDER BY vehicle_id
 LIMIT $3
