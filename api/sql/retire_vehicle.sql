-- Marks a vehicle as removed.
-- $1 vehicle, $2 now.
UPDATE vehicle SET retired_at = $2 WHERE vehicle_id = $1
