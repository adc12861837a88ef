-- SQLite: what waits in the spool, several entries in a row. Kinds are the numbers of enum spool_kind; what stands in `entries` is
-- described in spool_pack.c.
-- No parameters, no columns.
CREATE TABLE IF NOT EXISTS pack (
  first_id       INTEGER PRIMARY KEY,
  kind           INTEGER NOT NULL,
  entry_count    INTEGER NOT NULL,
  entry_bytes    INTEGER NOT NULL,
  received_at_us INTEGER NOT NULL,
  entries        BLOB NOT NULL
) STRICT
