-- Takes over what osm2pgsql left in its staging schema.
INSERT INTO map_place (kind, kind_detail, name, min_zoom, population, geom)
SELECT kind, kind_detail, name, min_zoom, population, geom
  FROM osm_import.map_place
