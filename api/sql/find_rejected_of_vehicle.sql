-- The newest rejected events of a vehicle that no replay has settled.
-- $1 text vehicle, $2 bigint rows at most. Columns: 1 rejected_id.
SELECT rejected_id
  FROM rejected
 WHERE vehicle = $1::text
   AND (replay_outcome IS NULL OR replay_outcome = 'rejected')
 ORDER BY received_at DESC
 LIMIT $2::bigint
