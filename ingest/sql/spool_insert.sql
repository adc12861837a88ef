-- SQLite: a pack of entries behind all others. Its entries are numbered from first_id on.
-- $1 first_id, $2 kind, $3 entry_count, $4 entry_bytes, $5 received_at_us (of the first) integer, $6 entries blob.
-- No columns.
INSERT INTO pack (first_id, kind, entry_count, entry_bytes, received_at_us, entries)
VALUES ($1, $2, $3, $4, $5, $6)
