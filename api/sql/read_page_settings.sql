-- What the page shows first: the bounds of the base map, and the extent of the fleet.
-- Columns: map_west, map_south, map_east, map_north (null when nothing was imported), west, south, east, north (null without
-- positions).
SELECT m.west_deg, m.south_deg, m.east_deg, m.north_deg,
       st_xmin(extent) AS west, st_ymin(extent) AS south, st_xmax(extent) AS east, st_ymax(extent) AS north
  FROM (SELECT st_extent(geom) AS extent FROM position WHERE NOT hidden) fleet
  LEFT JOIN road_import m ON m.only_row
