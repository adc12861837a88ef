-- Records that a migration was applied.
-- $1 version integer, $2 name text, $3 sha256 text.
INSERT INTO schema_migration (version, name, sha256, applied_at)
VALUES ($1::integer, $2::text, $3::text, now())
