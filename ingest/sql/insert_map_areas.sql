-- Takes over what osm2pgsql left in its staging schema.
INSERT INTO map_area (layer, kind, name, mercator_area_m2, geom)
SELECT layer, kind, name, mercator_area_m2, geom
  FROM osm_import.map_area
 WHERE mercator_area_m2 > 0
