-- The shadow that is kept of a vehicle, and whether the newest position came with a later version of it.
-- $1 vehicle, $2 name of the shadow ('' is the classic one).
-- Columns: vehicle_id, name, version, updated_at, received_at, is_complete, reported, desired, delta, metadata, position_version,
-- is_behind.
SELECT s.vehicle_id, s.name, s.version, s.updated_at, s.received_at, s.is_complete, s.reported, s.desired, s.delta, s.metadata,
       CASE WHEN s.name = '' THEN p.version END,
       s.name = '' AND p.version IS NOT NULL
         AND (p.version > s.version OR (p.version < s.version AND p.recorded_at > s.updated_at))
  FROM shadow s
  LEFT JOIN position p ON p.vehicle_id = s.vehicle_id
 WHERE s.vehicle_id = $1
   AND s.name = $2
