-- Overrides whose segment is gone go to the segment of the same way that lies where the old one had its middle, if it has none.
WITH heir AS (
  SELECT DISTINCT ON (road_segment.road_id) road_override.road_id AS old_road_id, road_segment.road_id AS new_road_id
    FROM road_override
    JOIN road_segment ON road_segment.way_id = road_override.way_id AND st_dwithin(road_segment.geom, road_override.middle, 5)
   WHERE NOT EXISTS (SELECT FROM road_segment AS same WHERE same.road_id = road_override.road_id)
     AND NOT EXISTS (SELECT FROM road_override AS taken WHERE taken.road_id = road_segment.road_id)
   ORDER BY road_segment.road_id, st_distance(road_segment.geom, road_override.middle), road_override.road_id
), chosen AS (
  SELECT DISTINCT ON (old_road_id) old_road_id, new_road_id FROM heir ORDER BY old_road_id, new_road_id
)
UPDATE road_override
   SET road_id = chosen.new_road_id
  FROM chosen
 WHERE road_override.road_id = chosen.old_road_id
