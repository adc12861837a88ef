-- Speed limits of the fleet and of vehicles: the fleet's first, then by name.
-- $1 text name of the last one shown, '' for the fleet, null: from the beginning; $2 bigint rows at most.
-- Columns: 1 vehicle (null: the fleet), 2 limit_kmh, 3 updated_at.
SELECT v.name, r.limit_kmh, r.updated_at
  FROM speed_rule r
  LEFT JOIN vehicle v ON v.vehicle_id = r.vehicle_id
 WHERE $1::text IS NULL OR coalesce(v.name, '') > $1::text
 ORDER BY coalesce(v.name, '')
 LIMIT $2::bigint
