-- What the page shows first: settings of the base map, and the extent of the fleet.
-- Columns: vector_tiles (jsonb or null), west, south, east, north (null without positions).
SELECT (SELECT value FROM setting WHERE name = 'vector_tiles') AS vector_tiles,
       st_xmin(extent) AS west, st_ymin(extent) AS south, st_xmax(extent) AS east, st_ymax(extent) AS north
  FROM (SELECT st_extent(geom) AS extent FROM position WHERE NOT hidden) fleet
