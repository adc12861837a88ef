-- Takes away the segments that are gone or different after an import.
DELETE FROM road_segment
 WHERE road_id IN (SELECT road_id FROM osm_import.road_change WHERE change <> 'new')
