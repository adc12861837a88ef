-- One vehicle of the registry.
-- $1 name.
-- Columns: vehicle_id, name, kind, fleet, vin, attributes, created_at, retired_at.
SELECT vehicle_id, name, kind, fleet, vin, attributes, created_at, retired_at
  FROM vehicle
 WHERE name = $1
