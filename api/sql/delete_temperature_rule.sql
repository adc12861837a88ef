-- Takes a temperature rule away.
-- $1 name.
DELETE FROM temperature_rule WHERE name = $1
