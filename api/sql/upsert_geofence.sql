-- Enters a zone, or replaces the one of that name.
-- $1 name, $2 text GeoJSON of a Polygon or MultiPolygon, $3 float8 limit_kmh or null, $4 integer 1: alert when entered, $5 the same when
-- left, $6 integer dwell_s or null, $7 color or null, $8 now.
INSERT INTO geofence (name, geom, limit_kmh, alert_enter, alert_exit, dwell_s, color, created_at, updated_at)
VALUES ($1, st_multi(st_force2d(st_setsrid(st_geomfromgeojson($2::text), 4326))), $3::double precision, $4::integer = 1,
        $5::integer = 1, $6::integer, $7, $8, $8)
ON CONFLICT (name) DO UPDATE
   SET geom = excluded.geom,
       limit_kmh = excluded.limit_kmh,
       alert_enter = excluded.alert_enter,
       alert_exit = excluded.alert_exit,
       dwell_s = excluded.dwell_s,
       color = excluded.color,
       updated_at = excluded.updated_at
