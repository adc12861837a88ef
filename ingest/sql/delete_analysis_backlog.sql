-- $1 vehicle_id bigint[].
DELETE FROM analysis_backlog WHERE vehicle_id = ANY ($1::bigint[])
