-- Checkpoints of vehicles after a time, without their states.
-- $1 vehicle_id bigint[], $2 timestamptz[], $3 format integer. Columns: vehicle_id, at, kind, digest.
SELECT c.vehicle_id, c.at, c.kind, c.digest
  FROM unnest($1::bigint[], $2::timestamptz[]) AS k (vehicle_id, after_at)
  JOIN analysis_checkpoint c ON c.vehicle_id = k.vehicle_id AND c.at > k.after_at
 WHERE c.format = $3::integer
 ORDER BY c.vehicle_id, c.at
