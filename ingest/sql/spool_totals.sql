-- SQLite: what waits of each kind.
-- No parameters. Columns: kind, entries, bytes, the last entry_id integer.
SELECT kind, count(*), sum(length(body) + length(CAST(vehicle_hint AS BLOB)) + length(CAST(request_id AS BLOB))), max(entry_id)
  FROM entry
 GROUP BY kind
