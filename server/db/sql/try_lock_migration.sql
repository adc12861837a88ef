-- One process migrates a database at a time. The number is "crumbmig" in ASCII.
-- Columns: taken boolean.
SELECT pg_try_advisory_lock(x'6372756d626d6967'::bigint)
