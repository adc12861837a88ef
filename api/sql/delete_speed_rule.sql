-- Takes the speed limit of a vehicle, or of the fleet, away.
-- $1 bigint vehicle_id (0: the fleet).
DELETE FROM speed_rule WHERE vehicle_id = $1::bigint
