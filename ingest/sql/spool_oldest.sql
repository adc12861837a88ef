-- SQLite: when the first that waits was received.
-- No parameters. Columns: received_at_us integer.
SELECT received_at_us FROM pack ORDER BY first_id LIMIT 1
