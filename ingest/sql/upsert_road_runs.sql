-- Runs on roads; those that are there already become as these.
-- $1 vehicle_id bigint[], $2 started_at timestamptz[], $3 ended_at timestamptz[], $4 road_id bigint[], $5 is_forward boolean[],
-- $6 samples integer[].
INSERT INTO road_run AS t (vehicle_id, started_at, ended_at, road_id, is_forward, samples)
SELECT u.vehicle_id, u.started_at, u.ended_at, u.road_id, u.is_forward, u.samples
  FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::bigint[], $5::boolean[], $6::integer[])
       AS u (vehicle_id, started_at, ended_at, road_id, is_forward, samples)
ON CONFLICT (vehicle_id, started_at) DO UPDATE
   SET ended_at = excluded.ended_at, road_id = excluded.road_id, is_forward = excluded.is_forward, samples = excluded.samples
 WHERE (t.ended_at, t.road_id, t.is_forward, t.samples)
       IS DISTINCT FROM (excluded.ended_at, excluded.road_id, excluded.is_forward, excluded.samples)
