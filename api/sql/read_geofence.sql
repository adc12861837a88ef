-- One zone, with its outline.
-- $1 text name.
-- Columns: as list_geofences.sql.
SELECT geofence_id, name, limit_kmh, alert_enter, alert_exit, dwell_s, color, st_area(geom::geography), st_npoints(geom), created_at,
       updated_at, st_asgeojson(geom, 7), st_xmin(geom), st_ymin(geom), st_xmax(geom), st_ymax(geom), md5(st_asbinary(geom))
  FROM geofence
 WHERE name = $1
