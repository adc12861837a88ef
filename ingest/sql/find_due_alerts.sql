-- Alerts that the time has made due.
-- $1 timestamptz now, $2 integer rows at most.
-- Columns: 1 alert_id.
SELECT alert_id
  FROM alert
 WHERE next_due_at <= $1::timestamptz
 ORDER BY next_due_at
 LIMIT $2::integer
