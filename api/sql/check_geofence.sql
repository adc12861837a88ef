-- Whether polygons may be a zone: rings that neither cross nor touch themselves along a line.
-- $1 text GeoJSON.
-- Columns: 1 is_valid, 2 reason, 3 longitude and 4 latitude of where it is not, 5 area in square metres.
SELECT (judged.detail).valid, (judged.detail).reason, st_x((judged.detail).location), st_y((judged.detail).location),
       CASE WHEN (judged.detail).valid THEN st_area(judged.geom::geography) END
  FROM (SELECT read.geom, st_isvaliddetail(read.geom) AS detail
          FROM (SELECT st_force2d(st_setsrid(st_geomfromgeojson($1::text), 4326)) AS geom) AS read) AS judged
