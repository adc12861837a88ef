-- Rows of excursion; those that are there already and differ become another revision.
-- $1 vehicle_id bigint[], $2 rule_id bigint[], $3 tier smallint[], $4 side smallint[], $5 started_at timestamptz[],
-- $6 ended_at timestamptz[], $7 limit_c real[], $8 extreme_c real[], $9 extreme_at timestamptz[],
-- $10 degree_minutes float8[], $11 over_s float8[], $12 paused_s float8[], $13 samples integer[], $14 fired_at timestamptz[],
-- $15 is_open boolean[], $16 settled_at timestamptz[], $17 rule_version bigint.
INSERT INTO excursion AS t (vehicle_id, rule_id, tier, side, started_at, ended_at, limit_c, extreme_c, extreme_at,
                            degree_minutes, over_s, paused_s, samples, fired_at, is_open, rule_version, revision, settled_at)
SELECT u.vehicle_id, u.rule_id, u.tier, u.side, u.started_at, u.ended_at, u.limit_c, u.extreme_c, u.extreme_at,
       u.degree_minutes, u.over_s, u.paused_s, u.samples, u.fired_at, u.is_open, $17::bigint, 1,
       u.settled_at
  FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::smallint[], $5::timestamptz[], $6::timestamptz[], $7::real[],
              $8::real[], $9::timestamptz[], $10::float8[], $11::float8[], $12::float8[], $13::integer[], $14::timestamptz[],
              $15::boolean[], $16::timestamptz[])
       AS u (vehicle_id, rule_id, tier, side, started_at, ended_at, limit_c, extreme_c, extreme_at, degree_minutes, over_s,
             paused_s, samples, fired_at, is_open, settled_at)
ON CONFLICT (vehicle_id, rule_id, tier, started_at) DO UPDATE
   SET revision = t.revision + ((t.side, t.ended_at, t.limit_c, t.extreme_c, t.extreme_at, t.degree_minutes, t.over_s,
                                  t.paused_s, t.samples, t.fired_at, t.is_open)
         IS DISTINCT FROM (excluded.side, excluded.ended_at, excluded.limit_c, excluded.extreme_c, excluded.extreme_at,
                           excluded.degree_minutes, excluded.over_s, excluded.paused_s, excluded.samples, excluded.fired_at,
                           excluded.is_open))::integer,
       side = excluded.side, ended_at = excluded.ended_at, limit_c = excluded.limit_c, extreme_c = excluded.extreme_c,
       extreme_at = excluded.extreme_at, degree_minutes = excluded.degree_minutes, over_s = excluded.over_s,
       paused_s = excluded.paused_s, samples = excluded.samples, fired_at = excluded.fired_at, is_open = excluded.is_open,
       rule_version = excluded.rule_version, settled_at = excluded.settled_at
 WHERE (t.side, t.ended_at, t.limit_c, t.extreme_c, t.extreme_at, t.degree_minutes, t.over_s, t.paused_s, t.samples,
        t.fired_at, t.is_open, t.settled_at)
         IS DISTINCT FROM (excluded.side, excluded.ended_at, excluded.limit_c, excluded.extreme_c, excluded.extreme_at,
                           excluded.degree_minutes, excluded.over_s, excluded.paused_s, excluded.samples, excluded.fired_at,
                           excluded.is_open, excluded.settled_at)
