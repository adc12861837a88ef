-- One road segment.
-- $1 road_id. Columns as of list_roads.sql.
SELECT s.road_id, s.way_id, r.name, r.ref, r.kind, s.oneway, s.length_m, s.forward_kmh, s.backward_kmh, s.estimated_kmh,
       o.limit_kmh, o.note, o.updated_at, o.updated_by, st_asgeojson(st_transform(s.geom, 4326), 7)
  FROM road_segment s
  JOIN road r ON r.way_id = s.way_id
  LEFT JOIN road_override o ON o.road_id = s.road_id
 WHERE s.road_id = $1::bigint
