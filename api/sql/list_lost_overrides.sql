-- Overrides of roads that are not there any more, with the place where the middle of the road was.
-- $1 road_id of the last one shown (null: from the beginning), $2 bigint rows at most. Columns as of list_roads.sql.
SELECT o.road_id, o.way_id, r.name, r.ref, r.kind, NULL::smallint, NULL::real, NULL::real, NULL::real, NULL::real,
       o.limit_kmh, o.note, o.updated_at, o.updated_by, st_asgeojson(st_transform(o.middle, 4326), 7)
  FROM road_override o
  LEFT JOIN road r ON r.way_id = o.way_id
 WHERE o.road_id > coalesce($1::bigint, 0)
   AND NOT EXISTS (SELECT FROM road_segment s WHERE s.road_id = o.road_id)
 ORDER BY o.road_id
 LIMIT $2::bigint
