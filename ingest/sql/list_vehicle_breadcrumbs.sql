-- A page of one vehicle's breadcrumbs in its order; those from the future (flag 2) are not analysed.
-- $1 vehicle_id, $2 recorded_at and $3 version after which it begins, $4 and $5 seq: after, and up to
-- (included), $6 rows at most, $7 text: the field of extra that says that it is defrosting or its door open (null: none).
-- Columns: vehicle_id, recorded_at, version, longitude, latitude, speed_kmh, heading_deg, temperature_c, ignition, flags, pause.
-- + 0: the index on seq looks cheap for each single vehicle, and is not.
SELECT vehicle_id, recorded_at, version, st_x(geom), st_y(geom), speed_kmh, heading_deg, temperature_c, ignition, flags,
       extra ->> $7::text
  FROM breadcrumb
 WHERE vehicle_id = $1::bigint
   AND recorded_at >= $2::timestamptz
   AND (recorded_at, version) > ($2::timestamptz, $3::bigint)
   AND seq + 0 > $4::bigint
   AND seq + 0 <= $5::bigint
   AND flags & 2 = 0
 ORDER BY recorded_at, version
 LIMIT $6::bigint
