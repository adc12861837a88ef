-- Changes a zone and leaves its outline.
-- $1 name, $2 float8 limit_kmh or null, $3 integer 1: alert when entered, $4 the same when left, $5 integer dwell_s or null, $6 color or
-- null, $7 now.
UPDATE geofence
   SET limit_kmh = $2::double precision, alert_enter = $3::integer = 1, alert_exit = $4::integer = 1, dwell_s = $5::integer, color = $6,
       updated_at = $7
 WHERE name = $1
