-- The names of the shadows that are kept of a vehicle; '' is the classic one.
-- $1 vehicle.
-- Columns: name.
SELECT name FROM shadow WHERE vehicle_id = $1 ORDER BY name
