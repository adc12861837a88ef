-- Rows of trip; those that are there already and differ become another revision.
-- $1 vehicle_id bigint[], $2 started_at timestamptz[], $3 ended_at timestamptz[], $4 driver_id bigint[],
-- $5 distance_m float8[], $6 moving_s float8[], $7 max_speed_kmh real[], $8 samples integer[], $9 started_longitude float8[],
-- $10 started_latitude float8[], $11 ended_longitude float8[], $12 ended_latitude float8[], $13 end_reason smallint[],
-- $14 is_open boolean[], $15 settled_at timestamptz[].
INSERT INTO trip AS t (vehicle_id, started_at, ended_at, driver_id, distance_m, moving_s, max_speed_kmh, samples,
                       started_geom, ended_geom, end_reason, is_open, revision, settled_at)
SELECT u.vehicle_id, u.started_at, u.ended_at, u.driver_id, u.distance_m, u.moving_s, u.max_speed_kmh, u.samples,
       ST_Point(u.started_longitude, u.started_latitude, 4326)::geometry(Point, 4326),
       ST_Point(u.ended_longitude, u.ended_latitude, 4326)::geometry(Point, 4326), u.end_reason, u.is_open, 1,
       u.settled_at
  FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::bigint[], $5::float8[], $6::float8[], $7::real[],
              $8::integer[], $9::float8[], $10::float8[], $11::float8[], $12::float8[], $13::smallint[], $14::boolean[],
              $15::timestamptz[])
       AS u (vehicle_id, started_at, ended_at, driver_id, distance_m, moving_s, max_speed_kmh, samples, started_longitude,
             started_latitude, ended_longitude, ended_latitude, end_reason, is_open, settled_at)
ON CONFLICT (vehicle_id, started_at) DO UPDATE
   SET revision = t.revision + ((t.ended_at, t.driver_id, t.distance_m, t.moving_s, t.max_speed_kmh, t.samples,
                                  t.started_geom, t.ended_geom, t.end_reason, t.is_open)
         IS DISTINCT FROM (excluded.ended_at, excluded.driver_id, excluded.distance_m, excluded.moving_s,
                           excluded.max_speed_kmh, excluded.samples, excluded.started_geom, excluded.ended_geom,
                           excluded.end_reason, excluded.is_open))::integer,
       ended_at = excluded.ended_at, driver_id = excluded.driver_id, distance_m = excluded.distance_m,
       moving_s = excluded.moving_s, max_speed_kmh = excluded.max_speed_kmh, samples = excluded.samples,
       started_geom = excluded.started_geom, ended_geom = excluded.ended_geom, end_reason = excluded.end_reason,
       is_open = excluded.is_open, settled_at = excluded.settled_at
 WHERE (t.ended_at, t.driver_id, t.distance_m, t.moving_s, t.max_speed_kmh, t.samples, t.started_geom, t.ended_geom,
        t.end_reason, t.is_open, t.settled_at)
         IS DISTINCT FROM (excluded.ended_at, excluded.driver_id, excluded.distance_m, excluded.moving_s,
                           excluded.max_speed_kmh, excluded.samples, excluded.started_geom, excluded.ended_geom,
                           excluded.end_reason, excluded.is_open, excluded.settled_at)
