-- One rejected event, with its bytes.
-- $1 bigint rejected_id. Columns: those of list_rejected.sql, then 13 body.
SELECT rejected_id, received_at, source, vehicle, vehicle_hint, field, reason, request_id, octet_length(body), replays,
       replayed_at, replay_outcome, body
  FROM rejected
 WHERE rejected_id = $1::bigint
