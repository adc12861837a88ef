-- Mutes that go on, in the order in which they were made.
-- $1 bigint mute_id of the last one shown, $2 timestamptz now, $3 bigint rows at most.
-- Columns: 1 mute_id, 2 vehicle, 3 kind, 4 until_at, 5 created_at, 6 created_by, 7 note.
SELECT m.mute_id, v.name,
       (ARRAY['speeding', 'temperature', 'temperature_urgent', 'warming', 'silent_sensor', 'silent_vehicle', 'zone', 'zone_dwell'])[m.kind],
       m.until_at, m.created_at, m.created_by, m.note
  FROM alert_mute AS m
  LEFT JOIN vehicle AS v ON v.vehicle_id = m.vehicle_id
 WHERE m.mute_id > $1::bigint AND m.until_at > $2::timestamptz
 ORDER BY m.mute_id
 LIMIT $3::bigint
