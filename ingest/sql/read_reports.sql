-- What is stored of some vehicles' shadows, when it came at or after a moment.
-- $1 vehicle_id bigint[], $2 since timestamptz[].
-- Columns: vehicle_id, name, version, reported, desired.
SELECT s.vehicle_id, s.name, s.version, s.reported, s.desired
  FROM unnest($1::bigint[], $2::timestamptz[]) AS u (vehicle_id, since)
  JOIN shadow s ON s.vehicle_id = u.vehicle_id
 WHERE s.received_at >= u.since
 ORDER BY s.vehicle_id, s.name
