-- The stored shadows that parts are merged onto.
-- $1 vehicle_id bigint[], $2 name text[] (each pair once).
-- Columns: vehicle_id, name, version, updated_at, is_complete, reported, desired, metadata.
SELECT s.vehicle_id, s.name, s.version, s.updated_at, s.is_complete, s.reported, s.desired, s.metadata
  FROM unnest($1::bigint[], $2::text[]) AS u (vehicle_id, name)
  JOIN shadow s ON s.vehicle_id = u.vehicle_id AND s.name = u.name
 ORDER BY s.vehicle_id, s.name
