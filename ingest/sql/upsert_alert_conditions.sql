-- What holds of vehicles, or held until lately: raw material of alerts. Conditions that ended before $13 and are not there are left
-- out: nobody is to be told of them any more. A change gets a new number; that it was seen again is noted once a minute.
-- $1 vehicle_id bigint[], $2 kind smallint[], $3 subject_id bigint[], $4 began_at timestamptz[], $5 fires_at timestamptz[],
-- $6 ended_at timestamptz[], $7 seen_at timestamptz[], $8 value real[], $9 limit_value real[], $10 longitude float8[],
-- $11 latitude float8[] (both null: no place), $12 settled_at timestamptz[], $13 timestamptz.
INSERT INTO alert_condition AS c (vehicle_id, kind, subject_id, began_at, fires_at, ended_at, seen_at, value, limit_value, geom,
                                  change, settled_at)
SELECT u.vehicle_id, u.kind, u.subject_id, u.began_at, u.fires_at, u.ended_at, u.seen_at, u.value, u.limit_value,
       ST_Point(u.longitude, u.latitude, 4326)::geometry(Point, 4326), nextval('alert_condition_change_seq'),
       u.settled_at
  FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[],
              $7::timestamptz[], $8::real[], $9::real[], $10::float8[], $11::float8[], $12::timestamptz[])
       AS u (vehicle_id, kind, subject_id, began_at, fires_at, ended_at, seen_at, value, limit_value, longitude, latitude,
             settled_at)
 WHERE u.ended_at IS NULL
    OR u.ended_at >= $13::timestamptz
    OR EXISTS (SELECT FROM alert_condition k
                WHERE k.vehicle_id = u.vehicle_id AND k.kind = u.kind AND k.subject_id = u.subject_id
                  AND k.began_at = u.began_at)
ON CONFLICT (vehicle_id, kind, subject_id, began_at) DO UPDATE
   SET change = CASE WHEN (c.fires_at, c.ended_at, c.value, c.limit_value)
                          IS DISTINCT FROM (excluded.fires_at, excluded.ended_at, excluded.value, excluded.limit_value)
                     THEN excluded.change ELSE c.change END,
       fires_at = excluded.fires_at, ended_at = excluded.ended_at, seen_at = excluded.seen_at, value = excluded.value,
       limit_value = excluded.limit_value, geom = excluded.geom, settled_at = excluded.settled_at
 WHERE (c.fires_at, c.ended_at, c.value, c.limit_value, c.settled_at)
       IS DISTINCT FROM (excluded.fires_at, excluded.ended_at, excluded.value, excluded.limit_value, excluded.settled_at)
    OR excluded.seen_at > c.seen_at + interval '1 minute'
    OR excluded.seen_at < c.seen_at
