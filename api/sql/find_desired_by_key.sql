-- The change that was asked for under an idempotency key.
-- $1 vehicle, $2 key, $3 shadow and $4 desired state (JSON object as text) that are asked for now.
-- Columns: desired_change_id, is_same (the same was asked for).
SELECT desired_change_id, shadow = $3 AND desired = $4::text::jsonb
  FROM desired_change
 WHERE vehicle_id = $1
   AND idempotency_key = $2
