-- Rows of zone_visit; those that are there already and differ become another revision.
-- $1 vehicle_id bigint[], $2 geofence_id bigint[], $3 entered_at timestamptz[], $4 exited_at timestamptz[],
-- $5 samples integer[], $6 is_open boolean[], $7 settled_at timestamptz[].
INSERT INTO zone_visit AS t (vehicle_id, geofence_id, entered_at, exited_at, samples, is_open, revision, settled_at)
SELECT u.vehicle_id, u.geofence_id, u.entered_at, u.exited_at, u.samples, u.is_open, 1, u.settled_at
  FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::timestamptz[], $5::integer[], $6::boolean[],
              $7::timestamptz[])
       AS u (vehicle_id, geofence_id, entered_at, exited_at, samples, is_open, settled_at)
ON CONFLICT (vehicle_id, geofence_id, entered_at) DO UPDATE
   SET revision = t.revision + ((t.exited_at, t.samples, t.is_open)
         IS DISTINCT FROM (excluded.exited_at, excluded.samples, excluded.is_open))::integer,
       exited_at = excluded.exited_at, samples = excluded.samples, is_open = excluded.is_open,
       settled_at = excluded.settled_at
 WHERE (t.exited_at, t.samples, t.is_open, t.settled_at)
         IS DISTINCT FROM (excluded.exited_at, excluded.samples, excluded.is_open, excluded.settled_at)
