-- Numbers for new alerts.
-- $1 integer how many.
-- Columns: 1 alert_id.
SELECT nextval('alert_id_seq') FROM generate_series(1, $1::integer)
