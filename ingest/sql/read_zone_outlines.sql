-- All zones. No parameters. Columns: geofence_id, limit_kmh, dwell_s, WKB of the outline (little-endian).
SELECT geofence_id, limit_kmh, dwell_s, st_asbinary(geom, 'NDR') FROM geofence ORDER BY geofence_id
