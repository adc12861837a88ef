-- Takes over what osm2pgsql left in its staging schema.
INSERT INTO map_line (layer, kind, kind_detail, name, ref, min_zoom, geom)
SELECT layer, kind, kind_detail, name, ref, min_zoom, geom
  FROM osm_import.map_line
