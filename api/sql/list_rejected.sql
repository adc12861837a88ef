-- Rejected events, newest first; every filter may be null.
-- $1 timestamptz and $2 bigint rejected_id of the last one shown, $3 integer source, $4 text vehicle, $5 text part of the reason
-- (byte # stands for any place), $6 timestamptz received at or after, $7 timestamptz received before, $8 integer 1: only those that no
-- replay has settled, 0: only the others, $9 bigint rows at most.
-- Columns: 1 rejected_id, 2 received_at, 3 source, 4 vehicle, 5 vehicle_hint, 6 field, 7 reason, 8 request_id, 9 bytes of the body,
-- 10 replays, 11 replayed_at, 12 replay_outcome.
SELECT rejected_id, received_at, source, vehicle, vehicle_hint, field, reason, request_id, octet_length(body), replays,
       replayed_at, replay_outcome
  FROM rejected
 WHERE (received_at, rejected_id) < ($1::timestamptz, $2::bigint)
   AND ($3::integer IS NULL OR source = $3::integer)
   AND ($4::text IS NULL OR vehicle = $4::text)
   AND ($5::text IS NULL OR position(lower($5::text) IN lower(reason)) > 0
        OR position(lower($5::text) IN lower(regexp_replace(reason, 'byte [0-9]+', 'byte #'))) > 0)
   AND ($6::timestamptz IS NULL OR received_at >= $6::timestamptz)
   AND ($7::timestamptz IS NULL OR received_at < $7::timestamptz)
   AND ($8::integer IS NULL OR ($8::integer = 1) = (replay_outcome IS NULL OR replay_outcome = 'rejected'))
 ORDER BY received_at DESC, rejected_id DESC
 LIMIT $9::bigint
