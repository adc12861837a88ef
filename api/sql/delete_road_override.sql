-- Takes the override of a road away.
-- $1 road_id.
DELETE FROM road_override WHERE road_id = $1::bigint
