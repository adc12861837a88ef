-- Sets the override of a road that is there.
-- $1 road_id, $2 limit_kmh, $3 note, $4 now.
INSERT INTO road_override (road_id, limit_kmh, note, way_id, middle, updated_at)
SELECT road_id, $2::double precision, $3::text, way_id, st_lineinterpolatepoint(geom, 0.5), $4::timestamptz
  FROM road_segment
 WHERE road_id = $1::bigint
ON CONFLICT (road_id) DO UPDATE
   SET limit_kmh = excluded.limit_kmh, note = excluded.note, way_id = excluded.way_id, middle = excluded.middle,
       updated_at = excluded.updated_at, updated_by = NULL
