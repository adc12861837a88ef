-- Roads and the base map, filled by `crumbtrail import-osm`. Reference tables: small beside the facts, replaced as a whole.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';

-- One row once something was imported. `generation` changes with every import: whatever keeps tiles looks at it.
CREATE TABLE road_import (
  only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  generation  bigint NOT NULL,
  imported_at timestamptz NOT NULL,
  source      text NOT NULL,
  west_deg    double precision NOT NULL,
  south_deg   double precision NOT NULL,
  east_deg    double precision NOT NULL,
  north_deg   double precision NOT NULL
);

-- What vehicles can drive on, as tagged. oneway: 1 as drawn, -1 against the drawing, 0 both ways.
CREATE TABLE road (
  way_id               bigint PRIMARY KEY,
  name                 text,
  ref                  text,
  kind                 text NOT NULL,
  oneway               smallint NOT NULL,
  maxspeed             text,
  maxspeed_forward     text,
  maxspeed_backward    text,
  maxspeed_conditional text,
  layer                smallint NOT NULL,
  is_bridge            boolean NOT NULL,
  is_tunnel            boolean NOT NULL,
  geom                 geometry(LineString, 4326) NOT NULL
);
CREATE INDEX road_geom ON road USING gist (geom);

-- The base map in Web Mercator, already in the words of the Protomaps vocabulary.
CREATE TABLE map_line (
  layer       text NOT NULL CHECK (layer IN ('roads', 'water', 'boundaries')),
  kind        text NOT NULL,
  kind_detail text,
  name        text,
  ref         text,
  min_zoom    smallint NOT NULL,
  geom        geometry(LineString, 3857) NOT NULL
);
CREATE INDEX map_line_geom ON map_line USING gist (geom);

CREATE TABLE map_area (
  layer   text NOT NULL CHECK (layer IN ('landuse', 'water', 'buildings')),
  kind    text NOT NULL,
  name    text,
  mercator_area_m2 real NOT NULL,
  geom    geometry(Geometry, 3857) NOT NULL
);
CREATE INDEX map_area_geom ON map_area USING gist (geom);

CREATE TABLE map_place (
  kind        text NOT NULL,
  kind_detail text NOT NULL,
  name        text NOT NULL,
  min_zoom    smallint NOT NULL,
  population  integer,
  geom        geometry(Point, 3857) NOT NULL
);
CREATE INDEX map_place_geom ON map_place USING gist (geom);
