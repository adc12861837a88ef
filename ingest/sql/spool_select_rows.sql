-- SQLite: what waits in a file of version 1, which had a row for each entry.
-- No parameters.
-- Columns: entry_id, kind, source, is_continuation, received_at_us integer, vehicle_hint, request_id text, body blob.
SELECT entry_id, kind, source, is_continuation, received_at_us, vehicle_hint, request_id, body
  FROM entry
 ORDER BY entry_id
