-- Conditions that have ended long ago. $1 timestamptz before.
DELETE FROM alert_condition WHERE ended_at < $1::timestamptz AND seen_at < $1::timestamptz
