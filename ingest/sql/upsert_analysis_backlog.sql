-- Vehicles that are behind; the earlier time holds. $1 vehicle_id bigint[], $2 from_at timestamptz[].
INSERT INTO analysis_backlog AS b (vehicle_id, from_at)
SELECT vehicle_id, from_at FROM unnest($1::bigint[], $2::timestamptz[]) AS u (vehicle_id, from_at)
ON CONFLICT (vehicle_id) DO UPDATE SET from_at = least(b.from_at, excluded.from_at)
