-- The time zone of the depot, in which local days are counted.
-- Columns: zone.
SELECT coalesce((SELECT value #>> '{}' FROM setting WHERE name = 'depot_time_zone'), 'UTC')
