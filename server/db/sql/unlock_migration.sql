-- Gives back what try_lock_migration.sql took.
-- Columns: held boolean.
SELECT pg_advisory_unlock(x'6372756d626d6967'::bigint)
