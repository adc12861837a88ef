-- Breadcrumbs by their numbers, in no order.
-- $1 after, $2 up to (included), $3 recorded from, $4 recorded before, $5 text: the field of extra that says
-- that a vehicle is defrosting or its door open (null: none).
-- Columns: vehicle_id, recorded_at, version, longitude, latitude, speed_kmh, heading_deg, temperature_c, ignition, flags, pause,
-- received_at.
SELECT vehicle_id, recorded_at, version, st_x(geom), st_y(geom), speed_kmh, heading_deg, temperature_c, ignition, flags,
       extra ->> $5::text, received_at
  FROM breadcrumb
 WHERE seq > $1::bigint
   AND seq <= $2::bigint
   AND recorded_at >= $3::timestamptz
   AND recorded_at < $4::timestamptz
