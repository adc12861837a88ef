-- How far the conditions have been read, locked; no row while another server is at it.
-- No parameters. Columns: 1 change.
SELECT change FROM alert_progress FOR UPDATE SKIP LOCKED
