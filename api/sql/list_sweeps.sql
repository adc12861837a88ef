-- The last comparison of each swept prefix with its listing.
-- Columns: 1 prefix, 2 started_at, 3 finished_at, 4 objects, 5 missing, 6 missing_total, 7 error.
SELECT prefix, started_at, finished_at, objects, missing, missing_total, error
  FROM ingest_sweep
 ORDER BY prefix
