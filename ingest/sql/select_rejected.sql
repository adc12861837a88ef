-- One rejected row, to be read again.
-- $1 bigint rejected_id.
-- Columns: rejected_id, received_at, vehicle_hint, request_id, body.
SELECT rejected_id, received_at, vehicle_hint, request_id, body
  FROM rejected
 WHERE rejected_id = $1::bigint
