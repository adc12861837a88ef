-- Takes over the segments that are new or different after an import.
INSERT INTO road_segment (road_id, way_id, from_node, to_node, class, oneway, length_m, forward_kmh, backward_kmh, estimated_kmh, geom)
SELECT road_id, way_id, from_node, to_node, class, oneway, length_m, forward_kmh, backward_kmh, estimated_kmh, geom
  FROM osm_import.road_segment
  JOIN osm_import.road_change USING (road_id)
 WHERE change <> 'gone'
