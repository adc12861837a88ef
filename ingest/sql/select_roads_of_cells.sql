-- Roads that touch any of many boxes, each once.
-- $1 west, $2 south, $3 east, $4 north: arrays of the same length, in metres of Web Mercator.
-- Columns: road_id, from_node, to_node, length_m, oneway, class, forward_kmh, backward_kmh, estimated_kmh, override_kmh, geom as
-- little-endian WKB.
SELECT road_id, from_node, to_node, length_m, oneway, class, forward_kmh, backward_kmh, estimated_kmh,
       road_override.limit_kmh AS override_kmh, st_asbinary(geom, 'NDR') AS wkb
  FROM road_segment
  LEFT JOIN road_override USING (road_id)
 WHERE road_id IN (
         SELECT touching.road_id
           FROM unnest($1::double precision[], $2::double precision[], $3::double precision[], $4::double precision[])
                  AS box(west, south, east, north)
           JOIN road_segment AS touching ON touching.geom && st_makeenvelope(west, south, east, north, 3857))
