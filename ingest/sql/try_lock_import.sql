-- One import at a time in a database; held until the connection closes. Column: whether the lock is ours.
SELECT pg_try_advisory_lock(7237001, 1) AS is_locked
