-- Road segments by id, everywhere or in a box.
-- $1 road_id of the last one shown (null: from the beginning), $2 bigint rows at most, $3 west, $4 south, $5 east, $6 north of a box
-- and $7 west, $8 east of its part beyond the antimeridian (degrees; null: everywhere), $9 boolean only those with an override.
-- Columns: 1 road_id, 2 way_id, 3 name, 4 ref, 5 kind, 6 oneway, 7 length_m, 8 forward_kmh, 9 backward_kmh, 10 estimated_kmh,
-- 11 override_kmh, 12 note, 13 updated_at, 14 updated_by, 15 geometry as GeoJSON.
SELECT s.road_id, s.way_id, r.name, r.ref, r.kind, s.oneway, s.length_m, s.forward_kmh, s.backward_kmh, s.estimated_kmh,
       o.limit_kmh, o.note, o.updated_at, o.updated_by, st_asgeojson(st_transform(s.geom, 4326), 7)
  FROM road_segment s
  JOIN road r ON r.way_id = s.way_id
  LEFT JOIN road_override o ON o.road_id = s.road_id
 WHERE s.road_id > coalesce($1::bigint, 0)
   AND ($3::double precision IS NULL
     OR s.geom && st_transform(st_makeenvelope($3::double precision, $4::double precision, $5::double precision,
                                               $6::double precision, 4326), 3857)
     OR s.geom && st_transform(st_makeenvelope($7::double precision, $4::double precision, $8::double precision,
                                               $6::double precision, 4326), 3857))
   AND (NOT $9::boolean OR o.road_id IS NOT NULL)
 ORDER BY s.road_id
 LIMIT $2::bigint
