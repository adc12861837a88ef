-- Alerts with what names them, locked in the order of their ids.
-- $1 bigint[] alert_id.
-- Columns: 1 alert_id, 2 vehicle_id, 3 vehicle, 4 fleet, 5 kind, 6 subject_id, 7 subject, 8 condition_began_at, 9 state, 10 severity,
-- 11 sequence, 12 began_at, 13 ended_at, 14 fired_at, 15 acknowledged_at, 16 acknowledged_by, 17 cleared_at, 18 is_withdrawn, 19 late_s,
-- 20 value, 21 limit_value, 22 worst_at, 23 longitude_deg, 24 latitude_deg, 25 assigned_to, 26 muted_until, 27 says_beginning,
-- 28 says_end, 29 next_due_at.
SELECT a.alert_id, a.vehicle_id, v.name, v.fleet, a.kind, a.subject_id,
       CASE WHEN a.kind IN (7, 8) THEN (SELECT g.name FROM geofence AS g WHERE g.geofence_id = a.subject_id)
            ELSE (SELECT r.name FROM temperature_rule AS r WHERE r.rule_id = a.subject_id AND a.kind IN (2, 3, 4, 5)) END,
       a.condition_began_at, a.state, a.severity, a.sequence, a.began_at, a.ended_at, a.fired_at, a.acknowledged_at,
       a.acknowledged_by, a.cleared_at, a.is_withdrawn, a.late_s, a.value, a.limit_value, a.worst_at, a.longitude_deg,
       a.latitude_deg, a.assigned_to, a.muted_until, a.says_beginning, a.says_end, a.next_due_at
  FROM alert AS a
  JOIN vehicle AS v ON v.vehicle_id = a.vehicle_id
 WHERE a.alert_id = ANY ($1::bigint[])
 ORDER BY a.alert_id
   FOR UPDATE OF a
