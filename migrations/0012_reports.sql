-- Reports of speeding: reviews of episodes, what the report goes by, and the views for people with SQL (schema bi).
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';

-- What a dispatcher said of an episode, one row each time. It is kept by vehicle and time, because episodes are recomputed: the newest
-- review that overlaps an episode is the review of it. started_at, ended_at: of the episode as it was then.
CREATE SEQUENCE speeding_review_id_seq;
CREATE TABLE speeding_review (
  vehicle_id  bigint NOT NULL,
  review_id   bigint NOT NULL DEFAULT nextval('speeding_review_id_seq'),
  started_at  timestamptz NOT NULL,
  ended_at    timestamptz NOT NULL,
  state       text NOT NULL CHECK (state IN ('open', 'confirmed', 'excused', 'disputed')),
  note        text,
  reviewed_by text,
  reviewed_at timestamptz NOT NULL,
  PRIMARY KEY (vehicle_id, review_id)
);
CREATE INDEX speeding_review_started_at ON speeding_review (vehicle_id, started_at);

-- One row for each day whose sums or episodes have ever been written: change is another number after each transaction that changed
-- a drive_day of it, an episode that started on it (in UTC), or the review of one. Whoever keeps a day in memory looks here.
CREATE SEQUENCE analysis_day_change_seq;
CREATE TABLE analysis_day (
  day    date PRIMARY KEY,
  change bigint NOT NULL
) WITH (fillfactor = 50);

INSERT INTO setting (name, value, updated_at)
VALUES ('speeding_report', '{"tolerance_kmh": 5, "min_duration_s": 10, "min_samples": 2, "bands_kmh": [10, 20, 40]}', now());

-- The exact 95 % interval of a Poisson count (Garwood): half the quantiles of chi-square at 2n and 2n + 2 degrees of freedom, which
-- are quantiles of a gamma distribution of shape n and n + 1.
CREATE FUNCTION bi.log_gamma(shape double precision) RETURNS double precision LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
  x double precision := shape;
  below double precision := 0;
BEGIN
  WHILE x < 12 LOOP
    below := below + ln(x);
    x := x + 1;
  END LOOP;
  RETURN (x - 0.5) * ln(x) - x + 0.91893853320467274178 - below
       + 1 / (12 * x) - 1 / (360 * x ^ 3) + 1 / (1260 * x ^ 5) - 1 / (1680 * x ^ 7) + 1 / (1188 * x ^ 9) - 691 / (360360 * x ^ 11);
END
$$;

-- The part of a gamma distribution (scale 1) below x: by its series, or by the continued fraction of the part above.
CREATE FUNCTION bi.gamma_below(shape double precision, x double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
  term double precision := 1 / shape;
  total double precision := 1 / shape;
  a double precision := shape;
  b double precision := x + 1 - shape;
  c double precision := 1e300;
  d double precision := 1 / (CASE WHEN x + 1 - shape = 0 THEN 1e-300 ELSE x + 1 - shape END);
  h double precision;
  step double precision;
  front double precision := exp(shape * ln(x) - x - bi.log_gamma(shape));
BEGIN
  IF x < shape + 1 THEN
    WHILE term > total * 1e-17 LOOP
      a := a + 1;
      term := term * x / a;
      total := total + term;
    END LOOP;
    RETURN total * front;
  END IF;
  h := d;
  FOR i IN 1 .. 100000 LOOP
    b := b + 2;
    d := -i * (i - shape) * d + b;
    d := 1 / (CASE WHEN abs(d) < 1e-300 THEN 1e-300 ELSE d END);
    c := b - i * (i - shape) / c;
    c := CASE WHEN abs(c) < 1e-300 THEN 1e-300 ELSE c END;
    step := d * c;
    h := h * step;
    EXIT WHEN abs(step - 1) < 1e-16;
  END LOOP;
  RETURN 1 - front * h;
END
$$;

-- From the estimate of Wilson and Hilferty by Newton's steps.
CREATE FUNCTION bi.gamma_quantile(shape double precision, part double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
  normal constant double precision := CASE WHEN part < 0.5 THEN -1.959963984540054 ELSE 1.959963984540054 END;
  x double precision := greatest(shape * (1 - 1 / (9 * shape) + normal / (3 * sqrt(shape))) ^ 3, 0.01);
  step double precision;
BEGIN
  FOR i IN 1 .. 60 LOOP
    step := (bi.gamma_below(shape, x) - part) / exp((shape - 1) * ln(x) - x - bi.log_gamma(shape));
    x := CASE WHEN x - step > 0 THEN x - step ELSE x / 2 END;
    EXIT WHEN abs(step) <= 1e-13 * x;
  END LOOP;
  RETURN x;
END
$$;

CREATE FUNCTION bi.poisson_low(events bigint) RETURNS double precision LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  RETURN CASE WHEN events = 0 THEN 0 ELSE bi.gamma_quantile(events, 0.025) END;
END
$$;

CREATE FUNCTION bi.poisson_high(events bigint) RETURNS double precision LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  RETURN bi.gamma_quantile(events + 1, 0.975);
END
$$;

-- What the report goes by when nothing else is asked for, and the zone whose days drive_day counts.
CREATE VIEW bi.speeding_settings AS
SELECT (value ->> 'tolerance_kmh')::double precision AS tolerance_kmh,
       (value ->> 'min_duration_s')::double precision AS min_duration_s,
       (value ->> 'min_samples')::integer AS min_samples,
       (value -> 'bands_kmh' ->> 0)::double precision AS minor_to_kmh,
       (value -> 'bands_kmh' ->> 1)::double precision AS moderate_to_kmh,
       (value -> 'bands_kmh' ->> 2)::double precision AS severe_to_kmh,
       coalesce((SELECT z.value #>> '{}' FROM setting z WHERE z.name = 'depot_time_zone'), 'UTC') AS depot_time_zone
  FROM setting
 WHERE name = 'speeding_report';

-- Every episode at tolerance 0, with its names and its newest review.
CREATE VIEW bi.speeding_episodes AS
SELECT e.episode_id,
       e.vehicle_id,
       v.name AS vehicle,
       v.fleet,
       e.driver_id,
       d.name AS driver,
       e.started_at,
       e.ended_at,
       extract(epoch FROM e.ended_at - e.started_at)::double precision AS duration_s,
       e.before_s,
       e.after_s,
       e.distance_m,
       e.samples,
       e.largest_gap_s,
       e.max_speed_kmh,
       e.mean_speed_kmh,
       e.p95_speed_kmh,
       e.limit_kmh,
       CASE e.limit_source WHEN 1 THEN 'override' WHEN 2 THEN 'posted' WHEN 3 THEN 'estimated' WHEN 4 THEN 'zone' WHEN 5 THEN 'vehicle'
                           WHEN 6 THEN 'fleet' ELSE 'unknown' END AS limit_source,
       e.max_excess_kmh,
       e.mean_excess_kmh,
       e.excess_integral_kmh_s,
       CASE WHEN e.max_excess_kmh <= s.minor_to_kmh THEN 'minor' WHEN e.max_excess_kmh <= s.moderate_to_kmh THEN 'moderate'
            WHEN e.max_excess_kmh <= s.severe_to_kmh THEN 'severe' ELSE 'extreme' END AS band,
       e.quality & 1 <> 0 AS has_jump,
       e.quality & 4 <> 0 AS is_estimated,
       e.samples >= 2 AND e.quality & 1 = 0 AND e.largest_gap_s <= 60
         AND coalesce(r.state, 'open') NOT IN ('excused', 'disputed') AS is_strict,
       CASE e.end_reason WHEN 1 THEN 'under' WHEN 2 THEN 'gap' WHEN 3 THEN 'limit' WHEN 4 THEN 'ignition' WHEN 5 THEN 'invalid'
                         ELSE 'open' END AS end_reason,
       coalesce(w.name, w.ref) AS road,
       g.name AS zone,
       st_x(e.started_geom) AS started_lon,
       st_y(e.started_geom) AS started_lat,
       e.peak_at,
       st_x(e.peak_geom) AS peak_lon,
       st_y(e.peak_geom) AS peak_lat,
       st_x(e.ended_geom) AS ended_lon,
       st_y(e.ended_geom) AS ended_lat,
       e.is_open,
       coalesce(r.state, 'open') AS review,
       r.note AS review_note,
       r.reviewed_by,
       r.reviewed_at,
       e.revision,
       e.rule_version
  FROM speeding_episode e
  JOIN vehicle v ON v.vehicle_id = e.vehicle_id
  LEFT JOIN driver d ON d.driver_id = e.driver_id
  LEFT JOIN geofence g ON g.geofence_id = e.geofence_id
  LEFT JOIN road_segment p ON p.road_id = e.road_id
  LEFT JOIN road w ON w.way_id = p.way_id
  LEFT JOIN speeding_review r
    ON r.vehicle_id = e.vehicle_id AND r.started_at <= e.ended_at AND r.ended_at >= e.started_at
   AND NOT EXISTS (SELECT 1 FROM speeding_review n WHERE n.vehicle_id = e.vehicle_id AND n.started_at <= e.ended_at
                      AND n.ended_at >= e.started_at AND n.review_id > r.review_id)
 CROSS JOIN (SELECT * FROM bi.speeding_settings OFFSET 0) s;

-- What was driven on each local day of the depot, by vehicle and driver.
CREATE VIEW bi.drive_days AS
SELECT f.vehicle_id,
       v.name AS vehicle,
       v.fleet,
       f.driver_id,
       d.name AS driver,
       f.day,
       f.distance_m,
       f.known_limit_m,
       f.over_limit_m,
       f.observed_s,
       f.moving_s,
       f.known_limit_s,
       f.over_limit_s,
       f.samples,
       f.max_speed_kmh
  FROM drive_day f
  JOIN vehicle v ON v.vehicle_id = f.vehicle_id
  LEFT JOIN driver d ON d.driver_id = f.driver_id;

-- The speeding report by vehicle, driver and local day of the depot, at the fleet's own tolerance: sum it by whatever is needed.
-- strict_episodes leaves out what definitions of quality and reviews leave out of strict figures.
CREATE VIEW bi.speeding_report AS
SELECT vehicle_id,
       vehicle,
       driver_id,
       driver,
       day,
       sum(distance_m) / 1000 AS distance_km,
       sum(known_limit_m) / 1000 AS known_limit_km,
       sum(over_limit_m) / 1000 AS over_limit_km,
       sum(observed_s) / 3600 AS observed_h,
       sum(over_limit_s) / 3600 AS over_limit_h,
       sum(episodes) AS episodes,
       sum(strict_episodes) AS strict_episodes,
       sum(minor) AS minor,
       sum(moderate) AS moderate,
       sum(severe) AS severe,
       sum(extreme) AS extreme,
       max(max_excess_kmh) AS max_excess_kmh
  FROM (SELECT vehicle_id, vehicle, driver_id, driver, day, distance_m, known_limit_m, over_limit_m, observed_s, over_limit_s,
               0 AS episodes, 0 AS strict_episodes, 0 AS minor, 0 AS moderate, 0 AS severe, 0 AS extreme, NULL::real AS max_excess_kmh
          FROM bi.drive_days
         UNION ALL
        SELECT e.vehicle_id, e.vehicle, e.driver_id, e.driver, (e.started_at AT TIME ZONE s.depot_time_zone)::date, 0, 0, 0, 0, 0,
               1, e.is_strict::integer, (e.band = 'minor')::integer, (e.band = 'moderate')::integer, (e.band = 'severe')::integer,
               (e.band = 'extreme')::integer, e.max_excess_kmh
          FROM bi.speeding_episodes e
         CROSS JOIN (SELECT * FROM bi.speeding_settings OFFSET 0) s
         WHERE e.max_excess_kmh > s.tolerance_kmh
           AND e.duration_s >= s.min_duration_s
           AND e.samples >= s.min_samples) AS counted
 GROUP BY vehicle_id, vehicle, driver_id, driver, day;
