-- The newest breadcrumb that was there already, or came in the same transaction, when another one was stored: what kept that one
-- from becoming the position.
-- $1 bigint vehicle_id, $2 timestamptz recorded_at, $3 bigint version, $4 bigint seq and $5 bigint transaction of the other one,
-- $6 timestamptz after which nothing can have been recorded that was there.
-- Columns: 1 recorded_at, 2 version, 3 seq.
SELECT recorded_at, version, seq
  FROM breadcrumb
 WHERE vehicle_id = $1::bigint
   AND recorded_at >= $2::timestamptz
   AND recorded_at <= $6::timestamptz
   AND (recorded_at, version) > ($2::timestamptz, $3::bigint)
   AND (seq < $4::bigint OR xmin::text::bigint = $5::bigint)
   AND flags = 0
 ORDER BY recorded_at DESC, version DESC
 LIMIT 1
