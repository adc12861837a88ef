-- Objects of S3 that are still to be read, or to be read again.
-- Columns: 1 found_by, 2 state, 3 count, 4 announced_at of the oldest.
SELECT found_by, state, count(*), min(announced_at)
  FROM ingest_object
 WHERE next_try_at IS NOT NULL
 GROUP BY found_by, state
