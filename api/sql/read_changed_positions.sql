-- Positions that moved, appeared or were hidden after a seq; one page, to be read on from its last row.
-- $1 bigint seq and $2 bigint vehicle_id of the last row known, $3 bigint rows at most
-- 1 vehicle_id, 2 vehicle, 3 recorded_at, 4 received_at, 5 slow_since, 6 version, 7 seq, 8 longitude, 9 latitude, 10 speed_kmh,
-- 11 heading_deg, 12 temperature_c, 13 ignition, 14 hidden
SELECT p.vehicle_id,
       v.name,
       p.recorded_at,
       p.received_at,
       p.slow_since,
       p.version,
       p.seq,
       st_x(p.geom),
       st_y(p.geom),
       p.speed_kmh,
       p.heading_deg,
       p.temperature_c,
       p.ignition,
       p.hidden
  FROM position p
  JOIN vehicle v ON v.vehicle_id = p.vehicle_id
 WHERE p.seq >= $1
   AND (p.seq, p.vehicle_id) > ($1, $2)
 ORDER BY p.seq, p.vehicle_id
 LIMIT $3
