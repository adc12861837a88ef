-- A policy that names the channel.
-- $1 text channel.
-- Columns: 1 name.
SELECT name
  FROM alert_policy
 WHERE (definition::jsonb -> 'channels') ? $1::text
    OR jsonb_path_exists(definition::jsonb, '$.escalate[*].channels[*] ? (@ == $channel)', jsonb_build_object('channel', $1::text))
 ORDER BY name
 LIMIT 1
