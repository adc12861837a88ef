-- What was asked of a vehicle, newest first.
-- $1 vehicle, $2 ids below this one, $3 rows at most.
-- Columns: desired_change_id, vehicle (name), shadow, desired, state, requested_by, requested_at, expires_at, tries, sent_at,
-- sent_version, confirmed_by_version, ended_at, superseded_by, error_status, error.
SELECT d.desired_change_id, v.name, d.shadow, d.desired, d.state, d.requested_by, d.requested_at, d.expires_at, d.tries, d.sent_at,
       d.sent_version, d.confirmed_by_version, d.ended_at, d.superseded_by, d.error_status, d.error
  FROM desired_change d
  JOIN vehicle v USING (vehicle_id)
 WHERE d.vehicle_id = $1
   AND d.desired_change_id < $2
 ORDER BY d.desired_change_id DESC
 LIMIT $3
