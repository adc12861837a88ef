-- Roads as the matching needs them: cut at junctions, with limits in km/h. Filled by `crumbtrail import-osm` from table road.
-- Reference tables: small beside the facts.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';

-- Highway classes, from the biggest to the smallest (class: enum road_class in ingest/analysis/road_map.h). estimated_kmh: what is
-- usual there, on the high side; it counts only where the setting estimated-limits is on, and may be changed to fit a country.
CREATE TABLE road_class (
  kind          text PRIMARY KEY,
  class         smallint NOT NULL,
  estimated_kmh real NOT NULL CHECK (estimated_kmh > 0 AND estimated_kmh <= 300)
);
INSERT INTO road_class (kind, class, estimated_kmh)
VALUES ('motorway', 1, 120), ('motorway_link', 1, 90), ('trunk', 2, 100), ('trunk_link', 2, 80),
       ('primary', 3, 90), ('primary_link', 3, 70), ('secondary', 4, 80), ('secondary_link', 4, 70),
       ('tertiary', 5, 70), ('tertiary_link', 5, 60), ('unclassified', 6, 70), ('road', 6, 70),
       ('residential', 7, 50), ('living_street', 8, 20), ('service', 9, 30), ('track', 10, 40);

-- Limits that a tag gives by naming the law of a country, in lower case. Without those that the law leaves open (de:motorway).
CREATE TABLE speed_zone (
  code      text PRIMARY KEY CHECK (code = lower(code)),
  limit_kmh real NOT NULL CHECK (limit_kmh > 0 AND limit_kmh <= 300)
);
INSERT INTO speed_zone (code, limit_kmh)
VALUES ('at:urban', 50), ('at:rural', 100), ('at:trunk', 100), ('at:motorway', 130),
       ('be:urban', 50), ('be:motorway', 120), ('be-vlg:urban', 50), ('be-vlg:rural', 70), ('be-wal:urban', 50), ('be-wal:rural', 90),
       ('bg:urban', 50), ('bg:rural', 90), ('bg:motorway', 140),
       ('ch:urban', 50), ('ch:rural', 80), ('ch:trunk', 100), ('ch:motorway', 120),
       ('cz:urban', 50), ('cz:rural', 90), ('cz:trunk', 110), ('cz:motorway', 130),
       ('de:urban', 50), ('de:rural', 100),
       ('dk:urban', 50), ('dk:rural', 80), ('dk:motorway', 130),
       ('es:urban', 50), ('es:rural', 90), ('es:motorway', 120),
       ('fi:urban', 50), ('fi:rural', 80), ('fi:motorway', 120),
       ('fr:urban', 50), ('fr:rural', 80), ('fr:trunk', 110), ('fr:motorway', 130),
       ('gb:nsl_single', 96.56064), ('gb:nsl_dual', 112.65408), ('gb:nsl_restricted', 48.28032), ('gb:motorway', 112.65408),
       ('uk:nsl_single', 96.56064), ('uk:nsl_dual', 112.65408), ('uk:nsl_restricted', 48.28032), ('uk:motorway', 112.65408),
       ('gr:urban', 50), ('gr:rural', 90), ('gr:trunk', 110), ('gr:motorway', 130),
       ('hr:urban', 50), ('hr:rural', 90), ('hr:trunk', 110), ('hr:motorway', 130),
       ('hu:urban', 50), ('hu:rural', 90), ('hu:trunk', 110), ('hu:motorway', 130),
       ('it:urban', 50), ('it:rural', 90), ('it:trunk', 110), ('it:motorway', 130),
       ('lt:urban', 50), ('lt:rural', 90), ('lv:urban', 50), ('lv:rural', 90), ('ee:urban', 50), ('ee:rural', 90),
       ('nl:urban', 50), ('nl:rural', 80), ('nl:trunk', 100), ('no:urban', 50), ('no:rural', 80),
       ('pl:urban', 50), ('pl:rural', 90), ('pl:motorway', 140),
       ('pt:urban', 50), ('pt:rural', 90), ('pt:trunk', 100), ('pt:motorway', 120),
       ('ro:urban', 50), ('ro:rural', 90), ('ro:trunk', 100), ('ro:motorway', 130),
       ('rs:urban', 50), ('rs:rural', 80), ('rs:trunk', 100), ('rs:motorway', 130),
       ('ru:urban', 60), ('ru:rural', 90), ('ru:motorway', 110), ('ru:living_street', 20),
       ('se:urban', 50), ('se:rural', 70), ('se:motorway', 110),
       ('si:urban', 50), ('si:rural', 90), ('si:trunk', 110), ('si:motorway', 130),
       ('sk:urban', 50), ('sk:rural', 90), ('sk:motorway', 130),
       ('ua:urban', 50), ('ua:rural', 90), ('ua:trunk', 110), ('ua:motorway', 130);

-- The one place that reads OpenStreetMap's maxspeed. limit_kmh: what it says; of a list (by lanes, or unsure) the highest, so that
-- nobody is blamed by the wrong one. remark, where there is no limit: 'none' (no limit at all), 'variable' (signs that change),
-- 'unreadable'. Both null: no tag.
CREATE FUNCTION read_maxspeed(tag text, OUT limit_kmh real, OUT remark text)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  part   text;
  number text[];
  read   real;
BEGIN
  IF tag IS NULL THEN
    RETURN;
  END IF;
  FOREACH part IN ARRAY regexp_split_to_array(lower(btrim(tag)), '\s*[;|]\s*') LOOP
    read := NULL;
    number := regexp_match(part, '^(\d{1,3}(?:\.\d{1,3})?) ?(mph|km/h|kmh|kph|knots)?$');
    IF number IS NULL THEN
      -- de:zone:30, at:zone30, fr:30: a zone of that many km/h, or mph where people count so.
      number := regexp_match(part, '^[a-z]{2}(?:-[a-z]{2,3})?:(?:zone:?)?(\d{2,3})$');
      number[2] := CASE WHEN part ~ '^(gb|uk|us)' THEN 'mph' END;
    END IF;
    IF number[1] IS NOT NULL THEN
      read := number[1]::real * CASE number[2] WHEN 'mph' THEN 1.609344 WHEN 'knots' THEN 1.852 ELSE 1 END;
    ELSIF part = 'walk' THEN
      read := 7;
    ELSE
      SELECT speed_zone.limit_kmh INTO read FROM speed_zone WHERE code = part;
    END IF;
    IF read BETWEEN 1 AND 200 THEN
      limit_kmh := greatest(limit_kmh, read);
    ELSIF part IN ('none', 'de:motorway') THEN
      remark := coalesce(remark, 'none');
    ELSIF part IN ('signals', 'variable') THEN
      remark := coalesce(remark, 'variable');
    ELSE
      remark := 'unreadable';
    END IF;
  END LOOP;
  IF remark IS NOT NULL THEN
    limit_kmh := NULL;
  END IF;
END
$$;

-- A road between two junctions. road_id: the way's id times 4096, plus the place of its first point in the way: the same in every
-- import of the same data, so that overrides and matches keep their road. from_node, to_node: junctions, by their coordinates.
-- oneway: 1 as drawn, -1 against the drawing, 0 both ways. In Web Mercator, where angles and what is nearest are true.
CREATE TABLE road_segment (
  road_id      bigint PRIMARY KEY,
  way_id       bigint NOT NULL,
  from_node    bigint NOT NULL,
  to_node      bigint NOT NULL,
  class        smallint NOT NULL,
  oneway       smallint NOT NULL,
  length_m     real NOT NULL,
  forward_kmh  real,
  backward_kmh real,
  estimated_kmh real NOT NULL,
  geom         geometry(LineString, 3857) NOT NULL
);
CREATE INDEX road_segment_geom ON road_segment USING gist (geom);
CREATE INDEX road_segment_way ON road_segment (way_id);

-- A limit that a dispatcher knows better, for both directions. way_id and middle (Web Mercator) find the segment again when an
-- import has cut its way otherwise.
CREATE TABLE road_override (
  road_id    bigint PRIMARY KEY,
  limit_kmh  real NOT NULL CHECK (limit_kmh > 0 AND limit_kmh <= 300),
  note       text NOT NULL,
  way_id     bigint NOT NULL,
  middle     geometry(Point, 3857) NOT NULL,
  updated_at timestamptz NOT NULL,
  updated_by text
);

-- Which drives a change of a road affects.
CREATE INDEX road_run_road ON road_run (road_id);
