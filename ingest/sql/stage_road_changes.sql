-- What an import changes of the segments, into the staging schema. change: 'new', 'gone', 'moved' (where it lies, what it joins, which
-- way it may be driven), 'limit' (only how fast).
CREATE TABLE osm_import.road_change AS
SELECT road_id,
       CASE WHEN before.way_id IS NULL THEN 'new'
            WHEN after.way_id IS NULL THEN 'gone'
            WHEN (before.from_node, before.to_node, before.class, before.oneway) <> (after.from_node, after.to_node, after.class, after.oneway)
              OR st_asbinary(before.geom) <> st_asbinary(after.geom) THEN 'moved'
            ELSE 'limit'
       END AS change
  FROM road_segment AS before
  FULL JOIN osm_import.road_segment AS after USING (road_id)
 WHERE before.way_id IS NULL OR after.way_id IS NULL
    OR (before.from_node, before.to_node, before.class, before.oneway) <> (after.from_node, after.to_node, after.class, after.oneway)
    OR (before.forward_kmh, before.backward_kmh, before.estimated_kmh)
         IS DISTINCT FROM (after.forward_kmh, after.backward_kmh, after.estimated_kmh)
    OR st_asbinary(before.geom) <> st_asbinary(after.geom)
