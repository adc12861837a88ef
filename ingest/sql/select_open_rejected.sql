-- Rejected rows that no replay has settled, oldest number first; every filter may be null.
-- $1 bigint after this rejected_id, $2 integer source, $3 text vehicle, $4 text part of the reason
-- (byte # stands for any place), $5 timestamptz received at or after, $6 timestamptz received before, $7 bigint rows at most.
-- Columns: rejected_id, received_at, vehicle_hint, request_id, body.
SELECT rejected_id, received_at, vehicle_hint, request_id, body
  FROM rejected
 WHERE rejected_id > $1::bigint
   AND replay_outcome IS DISTINCT FROM 'stored'
   AND replay_outcome IS DISTINCT FROM 'duplicate'
   AND ($2::integer IS NULL OR source = $2::integer)
   AND ($3::text IS NULL OR vehicle = $3::text)
   AND ($4::text IS NULL OR position(lower($4::text) IN lower(reason)) > 0
        OR position(lower($4::text) IN lower(regexp_replace(reason, 'byte [0-9]+', 'byte #'))) > 0)
   AND ($5::timestamptz IS NULL OR received_at >= $5::timestamptz)
   AND ($6::timestamptz IS NULL OR received_at < $6::timestamptz)
 ORDER BY rejected_id
 LIMIT $7::bigint
