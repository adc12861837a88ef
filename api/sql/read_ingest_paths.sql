-- What came by each way in. Columns: 1 source, 2 deliveries, 3 events, 4 stored, 5 duplicates, 6 duplicates_elsewhere, 7 rejected,
-- 8 first_received_at, 9 last_received_at, 10 last_recorded_at, 11 last_committed_at, 12 last_lag_s, 13 lag_s, 14 last_age_s, 15 age_s.
SELECT source, deliveries, events, stored, duplicates, duplicates_elsewhere, rejected, first_received_at, last_received_at,
       last_recorded_at, last_committed_at, last_lag_s, lag_s, last_age_s, age_s
  FROM ingest_path
