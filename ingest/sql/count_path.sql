-- What a batch brought by one way in. Smoothed values forget with a time constant of a minute.
-- $1 source, $2 deliveries, $3 stored, $4 duplicates, $5 duplicates_elsewhere, $6 rejected bigint,
-- $7 first_received_at, $8 last_received_at, $9 last_recorded_at (null: none stored), $10 committed_at timestamptz,
-- $11 lag_s, $12 age_s float8 (null: none stored).
-- No columns.
UPDATE ingest_path
   SET deliveries = deliveries + $2::bigint, events = events + $3::bigint + $4::bigint + $6::bigint, stored = stored + $3::bigint,
       duplicates = duplicates + $4::bigint, duplicates_elsewhere = duplicates_elsewhere + $5::bigint,
       rejected = rejected + $6::bigint, first_received_at = least(first_received_at, $7::timestamptz),
       last_received_at = greatest(last_received_at, $8::timestamptz),
       last_recorded_at = greatest(last_recorded_at, $9::timestamptz),
       last_committed_at = greatest(last_committed_at, $10::timestamptz),
       last_lag_s = $11::float8,
       lag_s = lag_s + ($11::float8 - lag_s)
               * (1 - exp(-least(greatest(date_part('epoch', $10::timestamptz - last_committed_at), 0), 600) / 60)),
       last_age_s = coalesce($12::float8, last_age_s),
       age_s = coalesce(age_s + ($12::float8 - age_s)
               * (1 - exp(-least(greatest(date_part('epoch', $10::timestamptz - last_committed_at), 0), 600) / 60)),
               age_s, $12::float8)
 WHERE source = $1::bigint
