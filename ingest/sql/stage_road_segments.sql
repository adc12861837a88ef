-- Cuts the roads that were just read (table road) into segments at junctions, into the staging schema.
-- A junction is a place that two ways share, or one way passes twice; a node is named by its coordinates in steps of 1e-7 degrees.
CREATE TABLE osm_import.road_segment AS
WITH point AS (
  SELECT way_id, path[1] AS place, dumped.geom,
         round((st_y(dumped.geom) + 90) * 1e7)::bigint * 3600000001 + round((st_x(dumped.geom) + 180) * 1e7)::bigint AS node
    FROM road, st_dumppoints(road.geom) AS dumped
), counted AS (
  SELECT way_id, place, geom, node,
         count(*) OVER (PARTITION BY node) > 1
           OR place = min(place) OVER (PARTITION BY way_id) OR place = max(place) OVER (PARTITION BY way_id) AS is_cut
    FROM point
), stretch AS (
  SELECT way_id, place AS first_place, node AS from_node,
         lead(place) OVER (PARTITION BY way_id ORDER BY place) AS last_place,
         lead(node) OVER (PARTITION BY way_id ORDER BY place) AS to_node
    FROM counted
   WHERE is_cut
), line AS (
  SELECT stretch.way_id, first_place, from_node, to_node, st_makeline(point.geom ORDER BY place) AS geom
    FROM stretch
    JOIN point ON point.way_id = stretch.way_id AND place BETWEEN first_place AND last_place
   WHERE last_place IS NOT NULL
   GROUP BY stretch.way_id, first_place, from_node, to_node
), limited AS (
  SELECT way_id, oneway, class, estimated_kmh,
         CASE WHEN maxspeed_forward IS NULL THEN both_ways.limit_kmh ELSE forward.limit_kmh END AS forward_kmh,
         CASE WHEN maxspeed_backward IS NULL THEN both_ways.limit_kmh ELSE backward.limit_kmh END AS backward_kmh
    FROM road
    JOIN road_class USING (kind),
         read_maxspeed(maxspeed) AS both_ways, read_maxspeed(maxspeed_forward) AS forward,
         read_maxspeed(maxspeed_backward) AS backward
)
SELECT way_id * 4096 + first_place AS road_id, way_id, from_node, to_node, class, oneway,
       st_length(geom::geography)::real AS length_m, forward_kmh, backward_kmh, estimated_kmh,
       st_transform(geom, 3857) AS geom
  FROM line
  JOIN limited USING (way_id)
 WHERE st_length(geom) > 0
