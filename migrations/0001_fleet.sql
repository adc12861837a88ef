-- The fleet and its breadcrumbs. Keeps the rules for distribution by vehicle_id: see deploy/database.md.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';

CREATE EXTENSION IF NOT EXISTS postgis;

-- Reference tables: small, shared, rarely written.

CREATE TABLE setting (
  name       text PRIMARY KEY,
  value      jsonb NOT NULL,
  updated_at timestamptz NOT NULL
);

CREATE SEQUENCE vehicle_id_seq;
CREATE TABLE vehicle (
  vehicle_id bigint PRIMARY KEY DEFAULT nextval('vehicle_id_seq'),
  name       text NOT NULL UNIQUE,
  attributes jsonb NOT NULL DEFAULT '{}',
  vin        text,
  kind       text,
  fleet      text,
  created_at timestamptz NOT NULL,
  retired_at timestamptz
);

-- One row: how many breadcrumbs have been numbered so far. A writer's transaction adds its batch to it first, so that this row's
-- lock makes `seq` the order of commits, whatever writes at the same time, and gaps mean nothing.
CREATE TABLE feed (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  head     bigint NOT NULL,
  epoch    uuid NOT NULL
) WITH (fillfactor = 10);
INSERT INTO feed (head, epoch) VALUES (0, gen_random_uuid());

-- Fact tables: distributed on vehicle_id, first in every key; no foreign key to vehicle.

CREATE TABLE breadcrumb (
  vehicle_id    bigint NOT NULL,
  recorded_at   timestamptz NOT NULL,
  version       bigint NOT NULL,
  seq           bigint NOT NULL,
  received_at   timestamptz NOT NULL,
  geom          geometry(Point, 4326) NOT NULL,
  cell          integer NOT NULL,
  speed_kmh     real,
  heading_deg   real,
  temperature_c real,
  ignition      boolean,
  flags         smallint NOT NULL,
  source        smallint NOT NULL,
  extra         jsonb,
  PRIMARY KEY (vehicle_id, recorded_at, version)
) PARTITION BY RANGE (recorded_at);

CREATE INDEX breadcrumb_cell ON breadcrumb (cell, recorded_at);
CREATE INDEX breadcrumb_recorded_at ON breadcrumb (recorded_at);
CREATE INDEX breadcrumb_seq ON breadcrumb USING brin (seq) WITH (pages_per_range = 32, autosummarize = on);

-- The newest unflagged breadcrumb of each vehicle. slow_since: start of the present run of breadcrumbs under 5 km/h (definitions,
-- "Status of a vehicle"). hidden: the vehicle was removed from the map and has sent nothing since. What else its event said stays in
-- the breadcrumb: this row is written with every event, so it is kept narrow.
CREATE TABLE position (
  vehicle_id    bigint PRIMARY KEY,
  recorded_at   timestamptz NOT NULL,
  version       bigint NOT NULL,
  seq           bigint NOT NULL,
  received_at   timestamptz NOT NULL,
  geom          geometry(Point, 4326) NOT NULL,
  cell          integer NOT NULL,
  speed_kmh     real,
  heading_deg   real,
  temperature_c real,
  ignition      boolean,
  source        smallint NOT NULL,
  slow_since    timestamptz,
  hidden        boolean NOT NULL DEFAULT false
) WITH (fillfactor = 50);

-- Local tables.

-- What could not be read, with its bytes and the reason. The digest makes a repeated delivery one row.
CREATE TABLE rejected (
  digest      bytea PRIMARY KEY,
  rejected_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY UNIQUE,
  received_at timestamptz NOT NULL,
  source      smallint NOT NULL,
  vehicle     text,
  field       text NOT NULL,
  reason      text NOT NULL,
  request_id  text NOT NULL,
  body        bytea NOT NULL
);
CREATE INDEX rejected_received_at ON rejected (received_at);

CREATE SCHEMA bi;

-- The columns of the founding article's Hive view.
CREATE VIEW bi.fleetinfo AS
SELECT v.name AS thingname,
       b.extra ->> 'thetopic' AS topic,
       st_y(b.geom) AS latitude,
       st_x(b.geom) AS longitude,
       b.extra ->> 'address' AS location,
       b.ignition,
       b.speed_kmh AS speed,
       b.recorded_at AS updtime,
       b.extra ->> 'filenm' AS filenm
  FROM breadcrumb b
  JOIN vehicle v USING (vehicle_id);
