-- Of several servers one analyses; held until the connection closes. Column: whether the lock is ours.
SELECT pg_try_advisory_lock(7237001, 2) AS is_locked
