-- $1 timestamptz now, $2 bigint recompute_id.
UPDATE recompute r
   SET started_at = $1::timestamptz,
       vehicles_all = CASE WHEN r.vehicle_id = 0 THEN (SELECT count(*) FROM vehicle) ELSE 1 END
 WHERE r.recompute_id = $2::bigint AND r.started_at IS NULL
