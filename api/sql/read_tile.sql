-- One Mapbox vector tile in the layers of the Protomaps vocabulary.
-- $1 zoom, $2 column, $3 row. Columns: tile (bytea, empty outside of what was imported).
-- Details smaller than two pixels are simplified away; areas need a size that can be seen at the zoom.
WITH tile AS (
  SELECT st_tileenvelope($1::int, $2::int, $3::int) AS box, 40075016.685578488 / (1 << $1::int) / 4096 AS unit_m
), earth AS (
  SELECT st_asmvt(q, 'earth', 4096, 'geom') AS mvt
    FROM (SELECT 'earth' AS kind, st_asmvtgeom(st_intersection(box, covered), box, 4096, 64, true) AS geom
            FROM tile,
                 (SELECT st_transform(st_makeenvelope(west_deg, south_deg, east_deg, north_deg, 4326), 3857) AS covered
                    FROM road_import) imported
           WHERE covered && box OFFSET 0) q
   WHERE geom IS NOT NULL
), landuse AS (
  SELECT st_asmvt(q, 'landuse', 4096, 'geom') AS mvt
    FROM (SELECT kind, st_asmvtgeom(st_simplify(geom, unit_m * 2), box, 4096, 64, true) AS geom
            FROM map_area, tile
           WHERE $1::int >= 8 AND layer = 'landuse' AND geom && box
             AND mercator_area_m2 > unit_m * unit_m * (CASE WHEN $1::int >= 14 THEN 16 ELSE 1024 END) OFFSET 0) q
   WHERE geom IS NOT NULL
), water AS (
  SELECT st_asmvt(q, 'water', 4096, 'geom') AS mvt
    FROM (SELECT kind, NULL::text AS name, st_asmvtgeom(st_simplify(geom, unit_m * 2), box, 4096, 64, true) AS geom
            FROM map_area, tile
           WHERE layer = 'water' AND geom && box AND mercator_area_m2 > unit_m * unit_m * 64
          UNION ALL
          SELECT kind, name, st_asmvtgeom(st_simplify(geom, unit_m * 2), box, 4096, 64, true) AS geom
            FROM map_line, tile
           WHERE layer = 'water' AND geom && box AND min_zoom <= $1::int OFFSET 0) q
   WHERE geom IS NOT NULL
), roads AS (
  SELECT st_asmvt(q, 'roads', 4096, 'geom') AS mvt
    FROM (SELECT kind, kind_detail, ref,
                 CASE WHEN $1::int >= 13 OR kind IN ('highway', 'major_road') THEN name END AS name,
                 st_asmvtgeom(CASE WHEN $1::int >= 15 THEN geom ELSE st_simplify(geom, unit_m * 2) END, box, 4096, 64, true)
                   AS geom
            FROM map_line, tile
           WHERE layer = 'roads' AND geom && box AND min_zoom <= $1::int OFFSET 0) q
   WHERE geom IS NOT NULL
), buildings AS (
  SELECT st_asmvt(q, 'buildings', 4096, 'geom') AS mvt
    FROM (SELECT kind, st_asmvtgeom(geom, box, 4096, 64, true) AS geom
            FROM map_area, tile
           WHERE $1::int >= 14 AND layer = 'buildings' AND geom && box OFFSET 0) q
   WHERE geom IS NOT NULL
), boundaries AS (
  SELECT st_asmvt(q, 'boundaries', 4096, 'geom') AS mvt
    FROM (SELECT kind, kind_detail::int AS kind_detail,
                 st_asmvtgeom(st_simplify(geom, unit_m * 2), box, 4096, 64, true) AS geom
            FROM map_line, tile
           WHERE layer = 'boundaries' AND geom && box AND min_zoom <= $1::int OFFSET 0) q
   WHERE geom IS NOT NULL
), places AS (
  SELECT st_asmvt(q, 'places', 4096, 'geom') AS mvt
    FROM (SELECT kind, kind_detail, name, min_zoom, population,
                 CASE WHEN population > 10000 THEN 8 ELSE 4 END AS population_rank,
                 st_asmvtgeom(geom, box, 4096, 64, true) AS geom
            FROM map_place, tile
           WHERE geom && box AND min_zoom <= $1::int + 1 OFFSET 0) q
   WHERE geom IS NOT NULL
)
SELECT coalesce((SELECT mvt FROM earth), '') || coalesce((SELECT mvt FROM landuse), '')
       || coalesce((SELECT mvt FROM water), '') || coalesce((SELECT mvt FROM roads), '')
       || coalesce((SELECT mvt FROM buildings), '') || coalesce((SELECT mvt FROM boundaries), '')
       || coalesce((SELECT mvt FROM places), '') AS tile
