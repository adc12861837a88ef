-- Which temperature rule holds for which vehicle.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';

-- The narrowest that fits: the vehicle's own, that of its kind within its fleet, its kind's, its fleet's, everybody's. Vehicles without
-- a rule are not in it.
CREATE VIEW vehicle_temperature_rule AS
SELECT DISTINCT ON (v.vehicle_id) v.vehicle_id, r.rule_id
  FROM vehicle v
  JOIN temperature_rule r
    ON r.vehicle_id = v.vehicle_id
    OR (r.vehicle_id IS NULL AND (r.kind IS NULL OR r.kind = v.kind) AND (r.fleet IS NULL OR r.fleet = v.fleet))
 ORDER BY v.vehicle_id, r.vehicle_id IS NULL, r.kind IS NULL, r.fleet IS NULL;

-- Lists of a period find those that reach into it.
CREATE INDEX excursion_ended_at ON excursion (ended_at);

-- Time out of range, in words (definitions.md, "Temperature").
CREATE VIEW bi.temperature_excursions AS
SELECT e.vehicle_id,
       v.name AS vehicle,
       v.kind,
       v.fleet,
       r.name AS rule,
       CASE e.tier WHEN 2 THEN 'urgent' ELSE 'normal' END AS tier,
       CASE e.side WHEN 1 THEN 'cold' ELSE 'warm' END AS side,
       e.started_at,
       e.ended_at,
       extract(epoch FROM e.ended_at - e.started_at)::double precision AS duration_s,
       e.limit_c,
       e.extreme_c,
       e.extreme_at,
       e.degree_minutes,
       e.over_s,
       e.paused_s,
       e.samples,
       e.fired_at,
       e.is_open,
       e.revision,
       e.rule_version
  FROM excursion e
  JOIN vehicle v ON v.vehicle_id = e.vehicle_id
  LEFT JOIN temperature_rule r ON r.rule_id = e.rule_id;

-- Temperature readings, whatever their position is worth; not those from the future. Of several of a vehicle at the same time the
-- analysis takes the one of the lowest version.
CREATE VIEW bi.temperature_readings AS
SELECT b.vehicle_id, v.name AS vehicle, b.recorded_at, b.version, b.temperature_c
  FROM breadcrumb b
  JOIN vehicle v ON v.vehicle_id = b.vehicle_id
 WHERE b.temperature_c IS NOT NULL AND b.flags & 2 = 0;

-- The temperature of each trip, by the rule that holds now. Between neighbouring readings a straight line is drawn; where they lie more
-- than the rule's silent_s (without a rule: 900 s) apart, the line counts for so long. mean_kinetic_c: with an activation energy of
-- 83.144 kJ/mol, which over the gas constant is 10,000 K.
CREATE VIEW bi.temperature_trips AS
SELECT l.vehicle_id,
       v.name AS vehicle,
       l.started_at,
       max(l.ended_at) AS ended_at,
       count(*) AS readings,
       min(l.c) AS min_c,
       max(l.c) AS max_c,
       coalesce(sum((l.c + l.before_c) / 2 * l.counted_s) / nullif(sum(l.counted_s), 0), avg(l.c)) AS mean_c,
       10000 / -ln(coalesce(sum((exp(-10000 / (l.c + 273.15)) + exp(-10000 / (l.before_c + 273.15))) / 2 * l.counted_s)
                              / nullif(sum(l.counted_s), 0), avg(exp(-10000 / (l.c + 273.15))))) - 273.15 AS mean_kinetic_c,
       coalesce(sum(l.counted_s), 0) AS observed_s,
       coalesce(max(l.apart_s), 0) AS longest_gap_s,
       max(l.highest_c) AS highest_c,
       max(l.lowest_c) AS lowest_c,
       coalesce(sum(l.counted_s * CASE WHEN l.warm_top <= 0 THEN 0 WHEN l.warm_foot >= 0 THEN 1
                                       ELSE l.warm_top / (l.warm_top - l.warm_foot) END), 0) AS above_s,
       coalesce(sum(l.counted_s * CASE WHEN l.warm_top <= 0 THEN 0 WHEN l.warm_foot >= 0 THEN (l.warm_top + l.warm_foot) / 2
                                       ELSE l.warm_top * l.warm_top / (l.warm_top - l.warm_foot) / 2 END) / 60, 0)
         AS above_degree_minutes,
       coalesce(sum(l.counted_s * CASE WHEN l.cold_top <= 0 THEN 0 WHEN l.cold_foot >= 0 THEN 1
                                       ELSE l.cold_top / (l.cold_top - l.cold_foot) END), 0) AS below_s,
       coalesce(sum(l.counted_s * CASE WHEN l.cold_top <= 0 THEN 0 WHEN l.cold_foot >= 0 THEN (l.cold_top + l.cold_foot) / 2
                                       ELSE l.cold_top * l.cold_top / (l.cold_top - l.cold_foot) / 2 END) / 60, 0)
         AS below_degree_minutes
  FROM (SELECT n.*,
               CASE WHEN n.apart_s IS NOT NULL THEN least(n.apart_s, n.silent_s) END AS counted_s,
               greatest(n.c, n.before_c) - n.highest_c AS warm_top,
               least(n.c, n.before_c) - n.highest_c AS warm_foot,
               n.lowest_c - least(n.c, n.before_c) AS cold_top,
               n.lowest_c - greatest(n.c, n.before_c) AS cold_foot
          FROM (SELECT b.vehicle_id,
                       b.started_at,
                       b.ended_at,
                       b.c,
                       lag(b.c) OVER neighbours AS before_c,
                       extract(epoch FROM b.recorded_at - lag(b.recorded_at) OVER neighbours)::double precision AS apart_s,
                       coalesce(r.silent_s, 900) AS silent_s,
                       r.lowest_c::double precision AS lowest_c,
                       r.highest_c::double precision AS highest_c
                  FROM (SELECT DISTINCT ON (t.vehicle_id, t.started_at, b.recorded_at)
                               t.vehicle_id, t.started_at, t.ended_at, b.recorded_at, b.temperature_c::double precision AS c
                          FROM trip t
                          JOIN breadcrumb b
                            ON b.vehicle_id = t.vehicle_id AND b.recorded_at >= t.started_at AND b.recorded_at <= t.ended_at
                         WHERE b.temperature_c IS NOT NULL AND b.flags & 2 = 0
                         ORDER BY t.vehicle_id, t.started_at, b.recorded_at, b.version) b
                  LEFT JOIN vehicle_temperature_rule h ON h.vehicle_id = b.vehicle_id
                  LEFT JOIN temperature_rule r ON r.rule_id = h.rule_id
                WINDOW neighbours AS (PARTITION BY b.vehicle_id, b.started_at ORDER BY b.recorded_at)) n) l
  JOIN vehicle v ON v.vehicle_id = l.vehicle_id
 GROUP BY l.vehicle_id, v.name, l.started_at;
