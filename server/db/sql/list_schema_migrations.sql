-- What was applied to this database.
-- Columns: version integer, name text, sha256 text.
SELECT version, name, sha256
  FROM schema_migration
 ORDER BY version
