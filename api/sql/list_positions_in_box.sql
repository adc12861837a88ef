-- A page of the newest positions around a box, by vehicle: those in the cells that cover it (server/base/grid.h). A few lie just
-- outside, and the caller looks at the coordinates. Two comparisons of integers a vehicle cost a tenth of one of geometries.
-- $1 after this vehicle, $2 recorded at or after, $3 rows at most, $4 and $5 the south-western and the north-eastern cell,
-- $6 cells in a row of the grid.
-- Columns: vehicle_id, recorded_at, version, seq, received_at, longitude, latitude, speed_kmh, heading_deg, temperature_c, ignition,
-- flags, slow_since.
SELECT vehicle_id, recorded_at, version, seq, received_at, st_x(geom), st_y(geom), speed_kmh, heading_deg, temperature_c,
       ignition, 0::smallint AS flags, slow_since
  FROM position
 WHERE cell BETWEEN $4::integer AND $5::integer
   AND cell % $6::integer BETWEEN $4 % $6 AND $5 % $6
   AND vehicle_id > $1
   AND recorded_at >= $2
   AND NOT hidden
 ORDER BY vehicle_id
 LIMIT $3
