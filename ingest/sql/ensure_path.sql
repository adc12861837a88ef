-- A way in that may be new, with nothing counted yet.
-- $1 source bigint, $2 received_at timestamptz, $3 committed_at timestamptz, $4 lag_s float8.
-- No columns.
INSERT INTO ingest_path (source, deliveries, events, stored, duplicates, duplicates_elsewhere, rejected, first_received_at,
                         last_received_at, last_committed_at, last_lag_s, lag_s)
VALUES ($1::bigint, 0, 0, 0, 0, 0, 0, $2::timestamptz, $2::timestamptz, $3::timestamptz, $4::float8, $4::float8)
ON CONFLICT (source) DO NOTHING
