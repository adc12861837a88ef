-- The override of a road, whether or not the road is still there.
-- $1 road_id. Columns: limit_kmh, note. No row: there is none.
SELECT limit_kmh, note FROM road_override WHERE road_id = $1::bigint
