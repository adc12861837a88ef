-- Takes a zone away.
-- $1 name.
DELETE FROM geofence WHERE name = $1
