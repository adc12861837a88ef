-- A page of the newest positions around a box, by vehicle: those in the cells that cover it (server/base/grid.h). A few lie just
-- outside, and the caller looks at the coordinates. Comparing integers costs a tenth of comparing geometries, and reading the
-- whole table in its own order is cheaper than in that of the vehicles: hence the inner part.
-- $1 after this vehicle, $2 recorded at or after, $3 rows at most, $4 and $5 the south-western and the north-eastern cell,
-- $6 cells in a row of the grid.
-- Columns: vehicle_id, recorded_at, version, seq, received_at, longitude, latitude, speed_kmh, heading_deg, temperature_c, ignition,
-- flags, slow_since.
WITH near AS MATERIALIZED (
  SELECT vehicle_id, recorded_at, version, seq, received_at, geom, speed_kmh, heading_deg, temperature_c, ignition, slow_since
    FROM position
   WHERE cell BETWEEN $4::integer AND $5::integer
     AND cell % $6::integer BETWEEN $4 % $6 AND $5 % $6
     AND recorded_at >= $2
     AND NOT hidden
)
SELECT vehicle_id, recorded_at, version, seq, received_at, st_x(geom), st_y(geom), speed_kmh, heading_deg, temperature_c,
       ignition, 0::smallint AS flags, slow_since
  FROM near
 WHERE vehicle_id > $1
 ORDER BY vehicle_id
 LIMIT $3
