-- The speed limit of one vehicle, or of the fleet.
-- $1 bigint vehicle_id (0: the fleet). Columns: 1 vehicle (null: the fleet), 2 limit_kmh, 3 updated_at. No row: there is none.
SELECT v.name, r.limit_kmh, r.updated_at
  FROM speed_rule r
  LEFT JOIN vehicle v ON v.vehicle_id = r.vehicle_id
 WHERE r.vehicle_id = $1::bigint
