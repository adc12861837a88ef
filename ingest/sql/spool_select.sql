-- SQLite: the entries of one kind behind an entry, in order; read as many as are wanted.
-- $1 entry_id, $2 kind integer.
-- Columns: entry_id, source, is_continuation, received_at_us integer, vehicle_hint, request_id text, body blob.
SELECT entry_id, source, is_continuation, received_at_us, vehicle_hint, request_id, body
  FROM entry
 WHERE entry_id > $1 AND kind = $2
 ORDER BY entry_id
