-- SQLite: the packs of one kind that hold nothing behind an entry.
-- $1 entry_id, $2 kind integer.
-- Columns: entry_count, entry_bytes integer, of each.
DELETE FROM pack WHERE first_id <= $1 AND first_id + entry_count - 1 <= $1 AND kind = $2
RETURNING entry_count, entry_bytes
