-- One trip, by its start.
-- $1 bigint vehicle, $2 timestamptz started_at.
-- Columns: 1 ended_at, 2 distance_m, 3 is_open.
SELECT ended_at, distance_m, is_open FROM trip WHERE vehicle_id = $1 AND started_at = $2::timestamptz
