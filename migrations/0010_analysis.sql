-- What is derived from breadcrumbs (definitions.md): recomputed as a whole window at a time, never accumulated. Facts, distributed by
-- vehicle_id. A row's revision counts how often recomputing changed it; is_open: it goes on at the newest breadcrumb. settled_at: the
-- breadcrumb since which breadcrumbs that come after it do not change the row any more (infinity: they may; -infinity: somebody else
-- wrote the row). So whoever computes anew from a checkpoint on replaces exactly the rows that are settled there or later.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';

CREATE TABLE trip (
  vehicle_id     bigint NOT NULL,
  started_at     timestamptz NOT NULL,
  ended_at       timestamptz NOT NULL,
  driver_id      bigint NOT NULL,
  distance_m     double precision NOT NULL,
  moving_s       double precision NOT NULL,
  max_speed_kmh  real,
  samples        integer NOT NULL,
  started_geom   geometry(Point, 4326) NOT NULL,
  ended_geom     geometry(Point, 4326) NOT NULL,
  end_reason     smallint NOT NULL,
  is_open        boolean NOT NULL,
  revision       integer NOT NULL,
  settled_at     timestamptz NOT NULL DEFAULT '-infinity',
  PRIMARY KEY (vehicle_id, started_at)
);
CREATE INDEX trip_settled_at ON trip (vehicle_id, settled_at);
CREATE INDEX trip_started_at ON trip (started_at);

CREATE TABLE stop (
  vehicle_id  bigint NOT NULL,
  started_at  timestamptz NOT NULL,
  ended_at    timestamptz NOT NULL,
  idling_s    double precision NOT NULL,
  samples     integer NOT NULL,
  geom        geometry(Point, 4326) NOT NULL,
  is_open     boolean NOT NULL,
  revision    integer NOT NULL,
  settled_at  timestamptz NOT NULL DEFAULT '-infinity',
  PRIMARY KEY (vehicle_id, started_at)
);
CREATE INDEX stop_settled_at ON stop (vehicle_id, settled_at);
CREATE INDEX stop_started_at ON stop (started_at);

-- Every run of breadcrumbs over the limit, at tolerance 0; tolerance, minimum duration and bands are applied when reading.
-- quality: bits, jump 1, gap over 60 s 2, estimated limit 4. before_s, after_s: the intervals before and after (duration uncertainty).
CREATE SEQUENCE speeding_episode_id_seq;
CREATE TABLE speeding_episode (
  vehicle_id       bigint NOT NULL,
  started_at       timestamptz NOT NULL,
  episode_id       bigint NOT NULL DEFAULT nextval('speeding_episode_id_seq'),
  ended_at         timestamptz NOT NULL,
  driver_id        bigint NOT NULL,
  before_s         real,
  after_s          real,
  distance_m       double precision NOT NULL,
  samples          integer NOT NULL,
  largest_gap_s    real NOT NULL,
  max_speed_kmh    real NOT NULL,
  mean_speed_kmh   real NOT NULL,
  p95_speed_kmh    real NOT NULL,
  limit_kmh        real NOT NULL,
  limit_source     smallint NOT NULL,
  max_excess_kmh   real NOT NULL,
  mean_excess_kmh  real NOT NULL,
  excess_integral_kmh_s double precision NOT NULL,
  quality          smallint NOT NULL,
  end_reason       smallint NOT NULL,
  road_id          bigint,
  geofence_id      bigint,
  started_geom     geometry(Point, 4326) NOT NULL,
  peak_at          timestamptz NOT NULL,
  peak_geom        geometry(Point, 4326) NOT NULL,
  ended_geom       geometry(Point, 4326) NOT NULL,
  is_open          boolean NOT NULL,
  revision         integer NOT NULL,
  rule_version     bigint NOT NULL,
  settled_at       timestamptz NOT NULL DEFAULT '-infinity',
  PRIMARY KEY (vehicle_id, started_at)
);
CREATE INDEX speeding_episode_settled_at ON speeding_episode (vehicle_id, settled_at);
CREATE INDEX speeding_episode_started_at ON speeding_episode (started_at);
CREATE INDEX speeding_episode_id ON speeding_episode (episode_id);

-- Time inside a zone. Still inside at the newest breadcrumb: is_open.
CREATE TABLE zone_visit (
  vehicle_id  bigint NOT NULL,
  geofence_id bigint NOT NULL,
  entered_at  timestamptz NOT NULL,
  exited_at   timestamptz NOT NULL,
  samples     integer NOT NULL,
  is_open     boolean NOT NULL,
  revision    integer NOT NULL,
  settled_at  timestamptz NOT NULL DEFAULT '-infinity',
  PRIMARY KEY (vehicle_id, geofence_id, entered_at)
);
CREATE INDEX zone_visit_settled_at ON zone_visit (vehicle_id, settled_at);
CREATE INDEX zone_visit_entered_at ON zone_visit (entered_at);

-- Time out of a temperature rule's range: from the first to the last reading beyond the limit (tier 1 normal, 2 urgent; side 1 cold,
-- 2 warm). over_s: how long the line through the readings was beyond it. fired_at: null when it did not last the rule's delay.
CREATE TABLE excursion (
  vehicle_id     bigint NOT NULL,
  rule_id        bigint NOT NULL,
  tier           smallint NOT NULL,
  started_at     timestamptz NOT NULL,
  ended_at       timestamptz NOT NULL,
  side           smallint NOT NULL,
  limit_c        real NOT NULL,
  extreme_c      real NOT NULL,
  extreme_at     timestamptz NOT NULL,
  degree_minutes double precision NOT NULL,
  over_s         double precision NOT NULL,
  paused_s       double precision NOT NULL,
  samples        integer NOT NULL,
  fired_at       timestamptz,
  is_open        boolean NOT NULL,
  revision       integer NOT NULL,
  rule_version   bigint NOT NULL,
  settled_at     timestamptz NOT NULL DEFAULT '-infinity',
  PRIMARY KEY (vehicle_id, rule_id, tier, started_at)
);
CREATE INDEX excursion_settled_at ON excursion (vehicle_id, settled_at);
CREATE INDEX excursion_started_at ON excursion (started_at);

-- Sums of one local day (of the depot's time zone) and driver.
CREATE TABLE drive_day (
  vehicle_id      bigint NOT NULL,
  day             date NOT NULL,
  driver_id       bigint NOT NULL,
  distance_m      double precision NOT NULL,
  known_limit_m   double precision NOT NULL,
  over_limit_m    double precision NOT NULL,
  observed_s      double precision NOT NULL,
  moving_s        double precision NOT NULL,
  known_limit_s   double precision NOT NULL,
  over_limit_s    double precision NOT NULL,
  samples         integer NOT NULL,
  max_speed_kmh   real,
  revision        integer NOT NULL,
  settled_at      timestamptz NOT NULL DEFAULT '-infinity',
  PRIMARY KEY (vehicle_id, day, driver_id)
);
CREATE INDEX drive_day_settled_at ON drive_day (vehicle_id, settled_at);
CREATE INDEX drive_day_day ON drive_day (day);

-- Which road a vehicle was on: a run of breadcrumbs matched to one segment (0: none matched).
CREATE TABLE road_run (
  vehicle_id bigint NOT NULL,
  started_at timestamptz NOT NULL,
  ended_at   timestamptz NOT NULL,
  road_id    bigint NOT NULL,
  is_forward boolean NOT NULL,
  samples    integer NOT NULL,
  PRIMARY KEY (vehicle_id, started_at)
);

-- The state of the analysis before the first breadcrumb recorded at or after `at`: from here a window can be computed anew. The newest
-- of a vehicle is where live breadcrumbs go on. kind: 1 the newest, 2 on the way through the last day, 3 the beginning of a local day.
-- digest: of the state, to tell whether computing anew has come to the same.
CREATE TABLE analysis_checkpoint (
  vehicle_id bigint NOT NULL,
  at         timestamptz NOT NULL,
  kind       smallint NOT NULL,
  format     integer NOT NULL,
  digest     bigint NOT NULL,
  state      bytea NOT NULL,
  PRIMARY KEY (vehicle_id, at)
);

-- Vehicles whose derived rows lack breadcrumbs recorded at from_at or later: they are computed anew from there in the background, and
-- until then their new breadcrumbs wait as well.
CREATE TABLE analysis_backlog (
  vehicle_id bigint PRIMARY KEY,
  from_at    timestamptz NOT NULL
);

-- What holds now of a vehicle: the raw material of alerts. kind: see ingest/analysis/condition.h. began_at: the breadcrumb since which it
-- holds; fires_at: the one from which on it counts (its delay has passed; null: not yet); ended_at: the one that ended it (null: holds).
-- change: from a sequence with every change, so that a reader finds what is new.
CREATE SEQUENCE alert_condition_change_seq;
CREATE TABLE alert_condition (
  vehicle_id  bigint NOT NULL,
  kind        smallint NOT NULL,
  subject_id  bigint NOT NULL,
  began_at    timestamptz NOT NULL,
  fires_at    timestamptz,
  ended_at    timestamptz,
  seen_at     timestamptz NOT NULL,
  value       real,
  limit_value real,
  geom        geometry(Point, 4326),
  details     jsonb,
  change      bigint NOT NULL,
  settled_at  timestamptz NOT NULL DEFAULT '-infinity',
  PRIMARY KEY (vehicle_id, kind, subject_id, began_at)
);
CREATE INDEX alert_condition_settled_at ON alert_condition (vehicle_id, settled_at);
CREATE INDEX alert_condition_change ON alert_condition (change);

-- Local. How far the feed is analysed (breadcrumb.seq); breadcrumbs up to it are in the derived rows, or in analysis_backlog.
CREATE TABLE analysis_progress (
  only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  epoch       uuid,
  seq         bigint NOT NULL,
  analysed_at timestamptz
);
INSERT INTO analysis_progress (seq) VALUES (0);

CREATE VIEW bi.trips AS
SELECT t.vehicle_id,
       v.name AS vehicle,
       v.fleet,
       t.driver_id,
       d.name AS driver,
       t.started_at,
       t.ended_at,
       extract(epoch FROM t.ended_at - t.started_at)::double precision AS duration_s,
       t.distance_m,
       t.moving_s,
       t.max_speed_kmh,
       t.samples,
       st_x(t.started_geom) AS started_lon,
       st_y(t.started_geom) AS started_lat,
       st_x(t.ended_geom) AS ended_lon,
       st_y(t.ended_geom) AS ended_lat,
       CASE t.end_reason WHEN 1 THEN 'stop' WHEN 2 THEN 'ignition' WHEN 3 THEN 'gap' ELSE 'open' END AS end_reason,
       t.is_open,
       t.revision
  FROM trip t
  JOIN vehicle v ON v.vehicle_id = t.vehicle_id
  LEFT JOIN driver d ON d.driver_id = t.driver_id;

CREATE VIEW bi.stops AS
SELECT s.vehicle_id,
       v.name AS vehicle,
       v.fleet,
       s.started_at,
       s.ended_at,
       extract(epoch FROM s.ended_at - s.started_at)::double precision AS duration_s,
       s.idling_s,
       s.samples,
       st_x(s.geom) AS lon,
       st_y(s.geom) AS lat,
       s.is_open,
       s.revision
  FROM stop s
  JOIN vehicle v ON v.vehicle_id = s.vehicle_id;
