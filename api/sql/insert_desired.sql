-- Enters a change of a desired state into the ledger, where the sender finds it.
-- $1 vehicle, $2 shadow, $3 desired (JSON object as text), $4 awaited (JSON array as text), $5 requested_by, $6 now, $7 expires_at,
-- $8 idempotency_key.
-- Columns: desired_change_id.
INSERT INTO desired_change (vehicle_id, shadow, desired, awaited, requested_by, requested_at, next_try_at, expires_at,
                            idempotency_key)
VALUES ($1, $2, $3::text::jsonb, $4::text::jsonb, $5, $6::timestamptz, $6::timestamptz, $7, $8)
RETURNING desired_change_id
