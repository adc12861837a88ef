-- Takes over what osm2pgsql left in its staging schema.
INSERT INTO road (way_id, name, ref, kind, oneway, maxspeed, maxspeed_forward, maxspeed_backward, maxspeed_conditional, layer, is_bridge, is_tunnel, geom)
SELECT way_id, name, ref, kind, oneway, maxspeed, maxspeed_forward, maxspeed_backward, maxspeed_conditional,
       layer, is_bridge, is_tunnel, geom
  FROM osm_import.road
