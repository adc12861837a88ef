-- Sets the speed limit of a vehicle, or of the fleet.
-- $1 bigint vehicle_id (0: the fleet), $2 limit_kmh, $3 now.
INSERT INTO speed_rule (vehicle_id, limit_kmh, updated_at)
VALUES ($1::bigint, $2::double precision, $3::timestamptz)
ON CONFLICT (vehicle_id) DO UPDATE SET limit_kmh = excluded.limit_kmh, updated_at = excluded.updated_at
