-- What the analysis goes by: limits, zones, drivers, temperature rules; and what has to be computed anew when they change.
-- Reference tables: small beside the facts.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';

-- One row a change of anything that derived rows depend on. The newest version is the version of the rule set; reports name it.
CREATE SEQUENCE rule_version_seq;
CREATE TABLE rule_change (
  version    bigint PRIMARY KEY DEFAULT nextval('rule_version_seq'),
  changed_at timestamptz NOT NULL,
  changed_by text,
  kind       text NOT NULL CHECK (kind IN ('speed', 'road', 'zone', 'driver', 'temperature', 'fleet')),
  subject    text NOT NULL,
  before     jsonb,
  after      jsonb
);

-- Derived rows to be computed anew because of a change: of one vehicle or of all (0), over breadcrumbs recorded in
-- [from_at, until_at) ('-infinity', 'infinity': all there are). needs_matching: the roads changed, so stored matches do not hold.
-- Finished with merged_into: a later one did its work.
CREATE SEQUENCE recompute_id_seq;
CREATE TABLE recompute (
  recompute_id   bigint PRIMARY KEY DEFAULT nextval('recompute_id_seq'),
  requested_at   timestamptz NOT NULL,
  reason         text NOT NULL,
  vehicle_id     bigint NOT NULL,
  from_at        timestamptz NOT NULL,
  until_at       timestamptz NOT NULL,
  needs_matching boolean NOT NULL,
  started_at     timestamptz,
  finished_at    timestamptz,
  vehicles_all   integer,
  vehicles_done  integer NOT NULL DEFAULT 0,
  last_vehicle_id bigint NOT NULL DEFAULT 0,
  merged_into    bigint
);
CREATE INDEX recompute_open ON recompute (recompute_id) WHERE finished_at IS NULL;

-- Limits of the fleet (vehicle_id 0) and of single vehicles.
CREATE TABLE speed_rule (
  vehicle_id bigint PRIMARY KEY,
  limit_kmh  real NOT NULL CHECK (limit_kmh > 0 AND limit_kmh <= 300),
  updated_at timestamptz NOT NULL
);

-- A zone. limit_kmh: its speed limit, if it has one. dwell_s: after so long inside, "dwell" is said of a vehicle.
CREATE SEQUENCE geofence_id_seq;
CREATE TABLE geofence (
  geofence_id bigint PRIMARY KEY DEFAULT nextval('geofence_id_seq'),
  name        text NOT NULL UNIQUE,
  geom        geometry(MultiPolygon, 4326) NOT NULL,
  limit_kmh   real CHECK (limit_kmh > 0 AND limit_kmh <= 300),
  alert_enter boolean NOT NULL DEFAULT false,
  alert_exit  boolean NOT NULL DEFAULT false,
  dwell_s     integer CHECK (dwell_s > 0),
  color       text,
  created_at  timestamptz NOT NULL,
  updated_at  timestamptz NOT NULL
);
CREATE INDEX geofence_geom ON geofence USING gist (geom);

-- Who drives. pseudonym: what roles see that may not see names.
CREATE SEQUENCE driver_id_seq;
CREATE TABLE driver (
  driver_id  bigint PRIMARY KEY DEFAULT nextval('driver_id_seq'),
  name       text NOT NULL UNIQUE,
  pseudonym  text NOT NULL UNIQUE,
  external_id text UNIQUE,
  created_at timestamptz NOT NULL,
  retired_at timestamptz
);

-- Who drove what and when: [from_at, until_at). assigned_by: event, api, page. Assignments of one vehicle do not overlap.
CREATE TABLE driver_assignment (
  vehicle_id  bigint NOT NULL,
  from_at     timestamptz NOT NULL,
  until_at    timestamptz NOT NULL,
  driver_id   bigint NOT NULL REFERENCES driver,
  assigned_by text NOT NULL CHECK (assigned_by IN ('event', 'api', 'page')),
  updated_at  timestamptz NOT NULL,
  PRIMARY KEY (vehicle_id, from_at),
  CHECK (from_at < until_at)
);
CREATE INDEX driver_assignment_driver ON driver_assignment (driver_id, from_at);

-- Which load must be how cold (definitions.md, "Temperature"). The narrowest that fits holds for a vehicle: its own, that of its kind
-- within its fleet, its kind's, its fleet's, everybody's (all three empty). Limits in degrees Celsius; urgent: the second tier,
-- without a delay. pause_field: a member of what the vehicle reports (breadcrumb.extra) that says that it defrosts or its door is open.
CREATE SEQUENCE temperature_rule_id_seq;
CREATE TABLE temperature_rule (
  rule_id          bigint PRIMARY KEY DEFAULT nextval('temperature_rule_id_seq'),
  name             text NOT NULL UNIQUE,
  vehicle_id       bigint,
  kind             text,
  fleet            text,
  lowest_c         real,
  highest_c        real,
  urgent_lowest_c  real,
  urgent_highest_c real,
  for_s            integer NOT NULL DEFAULT 300 CHECK (for_s >= 0),
  clear_for_s      integer NOT NULL DEFAULT 300 CHECK (clear_for_s >= 0),
  hysteresis_c     real NOT NULL DEFAULT 0.5 CHECK (hysteresis_c >= 0),
  pause_field      text,
  pause_max_s      integer NOT NULL DEFAULT 1800 CHECK (pause_max_s >= 0),
  warming_s        integer NOT NULL DEFAULT 1200 CHECK (warming_s >= 0),
  silent_s         integer NOT NULL DEFAULT 900 CHECK (silent_s > 0),
  updated_at       timestamptz NOT NULL,
  CHECK (lowest_c IS NOT NULL OR highest_c IS NOT NULL),
  CHECK (vehicle_id IS NULL OR (kind IS NULL AND fleet IS NULL))
);
CREATE UNIQUE INDEX temperature_rule_scope ON temperature_rule (coalesce(vehicle_id, 0), coalesce(kind, ''), coalesce(fleet, ''));
