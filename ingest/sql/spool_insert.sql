-- SQLite: one entry behind all others.
-- $1 entry_id, $2 kind, $3 source, $4 is_continuation, $5 received_at_us integer, $6 vehicle_hint, $7 request_id text, $8 body blob.
-- No columns.
INSERT INTO entry (entry_id, kind, source, is_continuation, received_at_us, vehicle_hint, request_id, body)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
