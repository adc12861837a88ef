-- Who is told of alerts: policies, channels that are enabled, mutes that go on.
-- $1 timestamptz now.
-- Columns: 1 what (policy, channel, mute), 2 name, 3 definition, 4 vehicle_id, 5 kind, 6 until_at.
SELECT 'policy', name, definition, NULL::bigint, NULL::smallint, NULL::timestamptz
  FROM alert_policy
 UNION ALL
SELECT 'channel', name, NULL, NULL, NULL, NULL
  FROM alert_channel
 WHERE enabled AND disabled_at IS NULL
 UNION ALL
SELECT 'mute', NULL, NULL, vehicle_id, kind, until_at
  FROM alert_mute
 WHERE until_at > $1::timestamptz
 ORDER BY 1, 2
