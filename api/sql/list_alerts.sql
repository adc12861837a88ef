-- Alerts, newest beginning first; every filter may be null.
-- $1 timestamptz and $2 bigint: began_at and alert_id of the last one shown, $3 text[] states, $4 integer kind, $5 text vehicle,
-- $6 timestamptz began at or after, $7 timestamptz began before, $8 bigint rows at most.
-- Columns: 1 alert_id, 2 kind, 3 severity, 4 state, 5 sequence, 6 vehicle_id, 7 vehicle, 8 subject_id, 9 subject, 10 began_at,
-- 11 ended_at, 12 fired_at, 13 acknowledged_at, 14 acknowledged_by, 15 cleared_at, 16 is_withdrawn, 17 late_s, 18 value,
-- 19 limit_value, 20 unit, 21 worst_at, 22 longitude_deg, 23 latitude_deg, 24 assigned_to, 25 muted_until.
SELECT a.alert_id,
       (ARRAY['speeding', 'temperature', 'temperature_urgent', 'warming', 'silent_sensor', 'silent_vehicle', 'zone', 'zone_dwell'])[a.kind],
       (ARRAY['notice', 'warning', 'urgent'])[a.severity], a.state, a.sequence, a.vehicle_id, v.name, nullif(a.subject_id, 0),
       CASE WHEN a.kind IN (7, 8) THEN (SELECT g.name FROM geofence AS g WHERE g.geofence_id = a.subject_id)
            WHEN a.kind IN (2, 3, 4, 5) THEN (SELECT r.name FROM temperature_rule AS r WHERE r.rule_id = a.subject_id) END,
       a.began_at, a.ended_at, a.fired_at, a.acknowledged_at, a.acknowledged_by, a.cleared_at, a.is_withdrawn, a.late_s, a.value,
       a.limit_value, (ARRAY['km/h', '°C', '°C', 'min'])[a.kind], a.worst_at, a.longitude_deg, a.latitude_deg, a.assigned_to,
       a.muted_until
  FROM alert AS a
  JOIN vehicle AS v ON v.vehicle_id = a.vehicle_id
 WHERE (a.began_at, a.alert_id) < ($1::timestamptz, $2::bigint)
   AND ($3::text[] IS NULL OR a.state = ANY ($3::text[]))
   AND ($4::integer IS NULL OR a.kind = $4::integer)
   AND ($5::text IS NULL OR v.name = $5::text)
   AND ($6::timestamptz IS NULL OR a.began_at >= $6::timestamptz)
   AND ($7::timestamptz IS NULL OR a.began_at < $7::timestamptz)
 ORDER BY a.began_at DESC, a.alert_id DESC
 LIMIT $8::bigint
