-- Rows of stop; those that are there already and differ become another revision.
-- $1 vehicle_id bigint[], $2 started_at timestamptz[], $3 ended_at timestamptz[], $4 idling_s float8[],
-- $5 samples integer[], $6 longitude float8[], $7 latitude float8[], $8 is_open boolean[], $9 settled_at timestamptz[].
INSERT INTO stop AS t (vehicle_id, started_at, ended_at, idling_s, samples, geom, is_open, revision, settled_at)
SELECT u.vehicle_id, u.started_at, u.ended_at, u.idling_s, u.samples,
       ST_Point(u.longitude, u.latitude, 4326)::geometry(Point, 4326), u.is_open, 1, u.settled_at
  FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::float8[], $5::integer[], $6::float8[], $7::float8[],
              $8::boolean[], $9::timestamptz[])
       AS u (vehicle_id, started_at, ended_at, idling_s, samples, longitude, latitude, is_open, settled_at)
ON CONFLICT (vehicle_id, started_at) DO UPDATE
   SET revision = t.revision + ((t.ended_at, t.idling_s, t.samples, t.geom, t.is_open)
         IS DISTINCT FROM (excluded.ended_at, excluded.idling_s, excluded.samples, excluded.geom, excluded.is_open))::integer,
       ended_at = excluded.ended_at, idling_s = excluded.idling_s, samples = excluded.samples, geom = excluded.geom,
       is_open = excluded.is_open, settled_at = excluded.settled_at
 WHERE (t.ended_at, t.idling_s, t.samples, t.geom, t.is_open, t.settled_at)
         IS DISTINCT FROM (excluded.ended_at, excluded.idling_s, excluded.samples, excluded.geom, excluded.is_open,
                           excluded.settled_at)
