-- Rows of speeding_episode; those that are there already and differ become another revision.
-- $1 vehicle_id bigint[], $2 started_at timestamptz[], $3 ended_at timestamptz[], $4 driver_id bigint[],
-- $5 before_s real[], $6 after_s real[], $7 distance_m float8[], $8 samples integer[], $9 largest_gap_s real[],
-- $10 max_speed_kmh real[], $11 mean_speed_kmh real[], $12 p95_speed_kmh real[], $13 limit_kmh real[],
-- $14 limit_source smallint[], $15 max_excess_kmh real[], $16 mean_excess_kmh real[], $17 excess_integral_kmh_s float8[],
-- $18 quality smallint[], $19 end_reason smallint[], $20 road_id bigint[], $21 geofence_id bigint[],
-- $22 started_longitude float8[], $23 started_latitude float8[], $24 peak_at timestamptz[], $25 peak_longitude float8[],
-- $26 peak_latitude float8[], $27 ended_longitude float8[], $28 ended_latitude float8[], $29 is_open boolean[],
-- $30 settled_at timestamptz[], $31 rule_version bigint.
-- Column: integer, the day (since 1970-01-01) of each row that was written.
INSERT INTO speeding_episode AS t (vehicle_id, started_at, ended_at, driver_id, before_s, after_s, distance_m, samples,
                                   largest_gap_s, max_speed_kmh, mean_speed_kmh, p95_speed_kmh, limit_kmh, limit_source,
                                   max_excess_kmh, mean_excess_kmh, excess_integral_kmh_s, quality, end_reason, road_id,
                                   geofence_id, started_geom, peak_at, peak_geom, ended_geom, is_open, rule_version, revision,
                                   settled_at)
SELECT u.vehicle_id, u.started_at, u.ended_at, u.driver_id, u.before_s, u.after_s, u.distance_m, u.samples, u.largest_gap_s,
       u.max_speed_kmh, u.mean_speed_kmh, u.p95_speed_kmh, u.limit_kmh, u.limit_source, u.max_excess_kmh, u.mean_excess_kmh,
       u.excess_integral_kmh_s, u.quality, u.end_reason, u.road_id, u.geofence_id,
       ST_Point(u.started_longitude, u.started_latitude, 4326)::geometry(Point, 4326), u.peak_at,
       ST_Point(u.peak_longitude, u.peak_latitude, 4326)::geometry(Point, 4326),
       ST_Point(u.ended_longitude, u.ended_latitude, 4326)::geometry(Point, 4326), u.is_open, $31::bigint, 1,
       u.settled_at
  FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::bigint[], $5::real[], $6::real[], $7::float8[],
              $8::integer[], $9::real[], $10::real[], $11::real[], $12::real[], $13::real[], $14::smallint[], $15::real[],
              $16::real[], $17::float8[], $18::smallint[], $19::smallint[], $20::bigint[], $21::bigint[], $22::float8[],
              $23::float8[], $24::timestamptz[], $25::float8[], $26::float8[], $27::float8[], $28::float8[], $29::boolean[],
              $30::timestamptz[])
       AS u (vehicle_id, started_at, ended_at, driver_id, before_s, after_s, distance_m, samples, largest_gap_s,
             max_speed_kmh, mean_speed_kmh, p95_speed_kmh, limit_kmh, limit_source, max_excess_kmh, mean_excess_kmh,
             excess_integral_kmh_s, quality, end_reason, road_id, geofence_id, started_longitude, started_latitude, peak_at,
             peak_longitude, peak_latitude, ended_longitude, ended_latitude, is_open, settled_at)
ON CONFLICT (vehicle_id, started_at) DO UPDATE
   SET revision = t.revision + ((t.ended_at, t.driver_id, t.before_s, t.after_s, t.distance_m, t.samples, t.largest_gap_s,
                                  t.max_speed_kmh, t.mean_speed_kmh, t.p95_speed_kmh, t.limit_kmh, t.limit_source,
                                  t.max_excess_kmh, t.mean_excess_kmh, t.excess_integral_kmh_s, t.quality, t.end_reason,
                                  t.road_id, t.geofence_id, t.started_geom, t.peak_at, t.peak_geom, t.ended_geom, t.is_open)
         IS DISTINCT FROM (excluded.ended_at, excluded.driver_id, excluded.before_s, excluded.after_s, excluded.distance_m,
                           excluded.samples, excluded.largest_gap_s, excluded.max_speed_kmh, excluded.mean_speed_kmh,
                           excluded.p95_speed_kmh, excluded.limit_kmh, excluded.limit_source, excluded.max_excess_kmh,
                           excluded.mean_excess_kmh, excluded.excess_integral_kmh_s, excluded.quality, excluded.end_reason,
                           excluded.road_id, excluded.geofence_id, excluded.started_geom, excluded.peak_at,
                           excluded.peak_geom, excluded.ended_geom, excluded.is_open))::integer,
       ended_at = excluded.ended_at, driver_id = excluded.driver_id, before_s = excluded.before_s, after_s = excluded.after_s,
       distance_m = excluded.distance_m, samples = excluded.samples, largest_gap_s = excluded.largest_gap_s,
       max_speed_kmh = excluded.max_speed_kmh, mean_speed_kmh = excluded.mean_speed_kmh,
       p95_speed_kmh = excluded.p95_speed_kmh, limit_kmh = excluded.limit_kmh, limit_source = excluded.limit_source,
       max_excess_kmh = excluded.max_excess_kmh, mean_excess_kmh = excluded.mean_excess_kmh,
       excess_integral_kmh_s = excluded.excess_integral_kmh_s, quality = excluded.quality, end_reason = excluded.end_reason,
       road_id = excluded.road_id, geofence_id = excluded.geofence_id, started_geom = excluded.started_geom,
       peak_at = excluded.peak_at, peak_geom = excluded.peak_geom, ended_geom = excluded.ended_geom,
       is_open = excluded.is_open, rule_version = excluded.rule_version, settled_at = excluded.settled_at
 WHERE (t.ended_at, t.driver_id, t.before_s, t.after_s, t.distance_m, t.samples, t.largest_gap_s, t.max_speed_kmh,
        t.mean_speed_kmh, t.p95_speed_kmh, t.limit_kmh, t.limit_source, t.max_excess_kmh, t.mean_excess_kmh,
        t.excess_integral_kmh_s, t.quality, t.end_reason, t.road_id, t.geofence_id, t.started_geom, t.peak_at, t.peak_geom,
        t.ended_geom, t.is_open, t.settled_at)
         IS DISTINCT FROM (excluded.ended_at, excluded.driver_id, excluded.before_s, excluded.after_s, excluded.distance_m,
                           excluded.samples, excluded.largest_gap_s, excluded.max_speed_kmh, excluded.mean_speed_kmh,
                           excluded.p95_speed_kmh, excluded.limit_kmh, excluded.limit_source, excluded.max_excess_kmh,
                           excluded.mean_excess_kmh, excluded.excess_integral_kmh_s, excluded.quality, excluded.end_reason,
                           excluded.road_id, excluded.geofence_id, excluded.started_geom, excluded.peak_at,
                           excluded.peak_geom, excluded.ended_geom, excluded.is_open, excluded.settled_at)
RETURNING (t.started_at AT TIME ZONE 'UTC')::date - date '1970-01-01'
