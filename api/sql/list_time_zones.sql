-- The time zones that the server knows, in the order of their bytes. Columns: name.
SELECT name FROM pg_timezone_names WHERE name !~ '^posix/' ORDER BY name COLLATE "C"
