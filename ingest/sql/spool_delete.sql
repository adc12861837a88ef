-- SQLite: the entries of one kind up to an entry.
-- $1 entry_id, $2 kind integer.
-- No columns.
DELETE FROM entry WHERE entry_id <= $1 AND kind = $2
