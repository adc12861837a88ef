-- Alerts of speeding whose vehicle was last heard while it still drove too fast.
-- $1 timestamptz last seen at or before, $2 integer rows at most.
-- Columns: 1 vehicle_id, 2 began_at, 3 fires_at, 4 seen_at.
SELECT c.vehicle_id, c.began_at, c.fires_at, greatest(c.seen_at, c.began_at + interval '1 microsecond')
  FROM alert_condition AS c
  JOIN alert AS a ON a.vehicle_id = c.vehicle_id AND a.kind = c.kind AND a.subject_id = c.subject_id
   AND a.condition_began_at = c.began_at
 WHERE a.kind = 1 AND a.state <> 'cleared' AND c.ended_at IS NULL AND c.seen_at <= $1::timestamptz
 ORDER BY c.vehicle_id
 LIMIT $2::integer
