-- $1 bigint recompute_id, $2 bigint: the last vehicle that is done, $3 bigint: how many more are done.
UPDATE recompute SET last_vehicle_id = $2::bigint, vehicles_done = vehicles_done + $3::bigint::integer
 WHERE recompute_id = $1::bigint
