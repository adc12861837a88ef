-- SQLite: what waits in the spool. Kinds and sources are the numbers of enum spool_kind and enum breadcrumb_source.
-- No parameters, no columns.
CREATE TABLE IF NOT EXISTS entry (
  entry_id        INTEGER PRIMARY KEY,
  kind            INTEGER NOT NULL,
  source          INTEGER NOT NULL,
  is_continuation INTEGER NOT NULL,
  received_at_us  INTEGER NOT NULL,
  vehicle_hint    TEXT NOT NULL,
  request_id      TEXT NOT NULL,
  body            BLOB NOT NULL
) STRICT
