-- Who drove these vehicles.
-- $1 vehicle_id bigint[]. Columns: vehicle_id, from_at, until_at, driver_id.
SELECT vehicle_id, from_at, until_at, driver_id
  FROM driver_assignment
 WHERE vehicle_id = ANY ($1::bigint[])
 ORDER BY vehicle_id, from_at
