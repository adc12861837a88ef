-- The timeline of an alert.
-- $1 bigint alert_id.
-- Columns: 1 sequence, 2 at, 3 change, 4 title, 5 by_whom, 6 note.
SELECT sequence, at, change, title, by_whom, note
  FROM alert_event
 WHERE alert_id = $1::bigint
 ORDER BY sequence
