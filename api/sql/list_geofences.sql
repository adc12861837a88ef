-- Zones by name.
-- $1 text name of the last one shown, $2 bigint rows at most, $3 integer 1: with their outlines.
-- Columns: 1 geofence_id, 2 name, 3 limit_kmh, 4 alert_enter, 5 alert_exit, 6 dwell_s, 7 color, 8 area_m2, 9 corners, 10 created_at,
-- 11 updated_at, 12 GeoJSON of the outline, 13 west, 14 south, 15 east, 16 north, 17 digest of the outline.
SELECT geofence_id, name, limit_kmh, alert_enter, alert_exit, dwell_s, color, st_area(geom::geography), st_npoints(geom), created_at,
       updated_at, CASE WHEN $3::integer = 1 THEN st_asgeojson(geom, 7) END, st_xmin(geom), st_ymin(geom), st_xmax(geom), st_ymax(geom),
       md5(st_asbinary(geom))
  FROM geofence
 WHERE name > $1
 ORDER BY name
 LIMIT $2::bigint
