-- Whether this database keeps a record of migrations.
-- Columns: exists boolean.
SELECT to_regclass('schema_migration') IS NOT NULL
