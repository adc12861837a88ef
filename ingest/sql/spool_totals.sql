-- SQLite: what waits of each kind.
-- No parameters. Columns: kind, entries, bytes, the last entry_id integer.
SELECT kind, sum(entry_count), sum(entry_bytes), max(first_id + entry_count - 1)
  FROM pack
 GROUP BY kind
