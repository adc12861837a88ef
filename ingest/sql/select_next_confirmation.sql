-- When the next link is due.
-- No parameters.
-- next_try_at, null when none waits.
SELECT min(next_try_at) FROM ingest_confirmation WHERE state = 'waiting'
