-- Where each vehicle was at a moment: its newest unflagged breadcrumb at or before it, by vehicle.
-- $1 after this vehicle, $2 not recorded before, $3 the moment, $4 rows at most.
-- Columns: vehicle_id, recorded_at, version, seq, received_at, longitude, latitude, speed_kmh, heading_deg, temperature_c, ignition,
-- flags.
SELECT b.vehicle_id, b.recorded_at, b.version, b.seq, b.received_at, st_x(b.geom), st_y(b.geom), b.speed_kmh, b.heading_deg,
       b.temperature_c, b.ignition, b.flags
  FROM position p
 CROSS JOIN LATERAL (SELECT *
                       FROM breadcrumb
                      WHERE breadcrumb.vehicle_id = p.vehicle_id
                        AND recorded_at >= $2
                        AND recorded_at <= $3
                        AND flags = 0
                      ORDER BY recorded_at DESC, version DESC
                      LIMIT 1) b
 WHERE p.vehicle_id > $1
 ORDER BY p.vehicle_id
 LIMIT $4
