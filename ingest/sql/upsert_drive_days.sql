-- Rows of drive_day; those that are there already and differ become another revision.
-- $1 vehicle_id bigint[], $2 day integer[], $3 driver_id bigint[], $4 distance_m float8[], $5 known_limit_m float8[],
-- $6 over_limit_m float8[], $7 observed_s float8[], $8 moving_s float8[], $9 known_limit_s float8[],
-- $10 over_limit_s float8[], $11 samples integer[], $12 max_speed_kmh real[], $13 settled_at timestamptz[].
-- day: days since 1970-01-01.
-- Column: integer, the day (since 1970-01-01) of each row that was written.
INSERT INTO drive_day AS t (vehicle_id, day, driver_id, distance_m, known_limit_m, over_limit_m, observed_s, moving_s,
                            known_limit_s, over_limit_s, samples, max_speed_kmh, revision, settled_at)
SELECT u.vehicle_id, date '1970-01-01' + u.day, u.driver_id, u.distance_m, u.known_limit_m, u.over_limit_m, u.observed_s,
       u.moving_s, u.known_limit_s, u.over_limit_s, u.samples, u.max_speed_kmh, 1, u.settled_at
  FROM unnest($1::bigint[], $2::integer[], $3::bigint[], $4::float8[], $5::float8[], $6::float8[], $7::float8[], $8::float8[],
              $9::float8[], $10::float8[], $11::integer[], $12::real[], $13::timestamptz[])
       AS u (vehicle_id, day, driver_id, distance_m, known_limit_m, over_limit_m, observed_s, moving_s, known_limit_s,
             over_limit_s, samples, max_speed_kmh, settled_at)
ON CONFLICT (vehicle_id, day, driver_id) DO UPDATE
   SET revision = t.revision + ((t.distance_m, t.known_limit_m, t.over_limit_m, t.observed_s, t.moving_s, t.known_limit_s,
                                  t.over_limit_s, t.samples, t.max_speed_kmh)
         IS DISTINCT FROM (excluded.distance_m, excluded.known_limit_m, excluded.over_limit_m, excluded.observed_s,
                           excluded.moving_s, excluded.known_limit_s, excluded.over_limit_s, excluded.samples,
                           excluded.max_speed_kmh))::integer,
       distance_m = excluded.distance_m, known_limit_m = excluded.known_limit_m, over_limit_m = excluded.over_limit_m,
       observed_s = excluded.observed_s, moving_s = excluded.moving_s, known_limit_s = excluded.known_limit_s,
       over_limit_s = excluded.over_limit_s, samples = excluded.samples, max_speed_kmh = excluded.max_speed_kmh,
       settled_at = excluded.settled_at
 WHERE (t.distance_m, t.known_limit_m, t.over_limit_m, t.observed_s, t.moving_s, t.known_limit_s, t.over_limit_s, t.samples,
        t.max_speed_kmh, t.settled_at)
         IS DISTINCT FROM (excluded.distance_m, excluded.known_limit_m, excluded.over_limit_m, excluded.observed_s,
                           excluded.moving_s, excluded.known_limit_s, excluded.over_limit_s, excluded.samples,
                           excluded.max_speed_kmh, excluded.settled_at)
RETURNING t.day - date '1970-01-01'
