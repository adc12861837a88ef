-- Alerts that conditions may concern: what is open of the same vehicle, kind and subject, and the condition's own.
-- $1 bigint[] vehicle_id, $2 smallint[] kind, $3 bigint[] subject_id, $4 timestamptz[] began_at.
-- Columns: 1 alert_id.
SELECT DISTINCT a.alert_id
  FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::timestamptz[]) AS u (vehicle_id, kind, subject_id, began_at)
  JOIN alert AS a ON a.vehicle_id = u.vehicle_id AND a.kind = u.kind AND a.subject_id = u.subject_id
 WHERE a.state <> 'cleared' OR a.condition_began_at = u.began_at
