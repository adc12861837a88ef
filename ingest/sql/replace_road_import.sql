-- Writes down what the tables hold now; the new generation makes every kept tile stale. No row when nothing was imported.
-- $1 now, $2 name of the file. Columns: roads, lines, areas, places (counts).
WITH box AS (
  SELECT st_transform(st_setsrid(st_extent(geom)::geometry, 3857), 4326) AS geom
    FROM (SELECT geom FROM map_line UNION ALL SELECT geom FROM map_area) mapped
), written AS (
  INSERT INTO road_import (generation, imported_at, source, west_deg, south_deg, east_deg, north_deg)
  SELECT 1, $1::timestamptz, $2::text, st_xmin(geom), st_ymin(geom), st_xmax(geom), st_ymax(geom)
    FROM box
   WHERE geom IS NOT NULL
  ON CONFLICT (only_row) DO UPDATE
     SET generation = road_import.generation + 1, imported_at = excluded.imported_at, source = excluded.source,
         west_deg = excluded.west_deg, south_deg = excluded.south_deg, east_deg = excluded.east_deg,
         north_deg = excluded.north_deg
  RETURNING generation
)
SELECT (SELECT count(*) FROM road) AS roads, (SELECT count(*) FROM map_line) AS lines,
       (SELECT count(*) FROM map_area) AS areas, (SELECT count(*) FROM map_place) AS places
  FROM written
