-- Drivers by name; the empty name is nobody, driver 0.
-- $1 text[] names. Columns: driver_id, ascending.
SELECT driver_id FROM driver WHERE name = ANY ($1::text[]) AND name <> ''
 UNION
SELECT 0 WHERE '' = ANY ($1::text[])
 ORDER BY 1
