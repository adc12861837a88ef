-- SQLite: the packs of one kind that hold entries behind an entry, in order; read as many as are wanted.
-- $1 entry_id, $2 kind, $3 entry_id less the most that a pack holds, integer.
-- Columns: first_id, entry_count, received_at_us integer, entries blob.
-- (SQLite numbers parameters in the order in which they first appear.)
SELECT first_id, entry_count, received_at_us, entries
  FROM pack
 WHERE first_id + entry_count - 1 > $1 AND kind = $2 AND first_id > $3
 ORDER BY first_id
