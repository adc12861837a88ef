-- What a batch brought by each way in. Smoothed values forget with a time constant of a minute.
-- $1 source smallint[] (each once, ascending), $2 deliveries bigint[], $3 stored bigint[], $4 duplicates bigint[],
-- $5 duplicates_elsewhere bigint[], $6 rejected bigint[], $7 first_received_at timestamptz[], $8 last_received_at timestamptz[],
-- $9 last_recorded_at timestamptz[] (null: none stored), $10 lag_s float8[], $11 age_s float8[] (null: none stored),
-- $12 committed_at timestamptz.
-- No columns.
INSERT INTO ingest_path AS p (source, deliveries, events, stored, duplicates, duplicates_elsewhere, rejected, first_received_at,
                              last_received_at, last_recorded_at, last_committed_at, last_lag_s, lag_s, last_age_s, age_s)
SELECT u.source, u.deliveries, u.stored + u.duplicates + u.rejected, u.stored, u.duplicates, u.duplicates_elsewhere, u.rejected,
       u.first_received_at, u.last_received_at, u.last_recorded_at, $12::timestamptz, u.lag_s, u.lag_s, u.age_s, u.age_s
  FROM unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::timestamptz[],
              $8::timestamptz[], $9::timestamptz[], $10::float8[], $11::float8[])
       AS u (source, deliveries, stored, duplicates, duplicates_elsewhere, rejected, first_received_at, last_received_at,
             last_recorded_at, lag_s, age_s)
ON CONFLICT (source) DO UPDATE
   SET deliveries = p.deliveries + excluded.deliveries, events = p.events + excluded.events, stored = p.stored + excluded.stored,
       duplicates = p.duplicates + excluded.duplicates,
       duplicates_elsewhere = p.duplicates_elsewhere + excluded.duplicates_elsewhere,
       rejected = p.rejected + excluded.rejected, first_received_at = least(p.first_received_at, excluded.first_received_at),
       last_received_at = greatest(p.last_received_at, excluded.last_received_at),
       last_recorded_at = greatest(p.last_recorded_at, excluded.last_recorded_at),
       last_committed_at = greatest(p.last_committed_at, excluded.last_committed_at),
       last_lag_s = excluded.last_lag_s,
       lag_s = p.lag_s + (excluded.lag_s - p.lag_s)
               * (1 - exp(-least(greatest(date_part('epoch', excluded.last_committed_at - p.last_committed_at), 0), 600) / 60)),
       last_age_s = coalesce(excluded.last_age_s, p.last_age_s),
       age_s = coalesce(p.age_s + (excluded.age_s - p.age_s)
               * (1 - exp(-least(greatest(date_part('epoch', excluded.last_committed_at - p.last_committed_at), 0), 600) / 60)),
               p.age_s, excluded.age_s)
