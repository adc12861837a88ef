-- What import-osm makes of roads: limits, segments, what a later import changes, overrides that stay.
BEGIN;
SELECT plan(24);
\set stage `cat "$ROOT/ingest/sql/stage_road_segments.sql"`
\set changes `cat "$ROOT/ingest/sql/stage_road_changes.sql"`
\set remove `cat "$ROOT/ingest/sql/delete_changed_segments.sql"`
\set take `cat "$ROOT/ingest/sql/insert_changed_segments.sql"`
\set move `cat "$ROOT/ingest/sql/move_road_overrides.sql"`
\set note `cat "$ROOT/ingest/sql/insert_road_change.sql"`
\set report `cat "$ROOT/ingest/sql/read_road_report.sql"`
\set of_cells `cat "$ROOT/ingest/sql/select_roads_of_cells.sql"`

-- read_maxspeed
SELECT results_eq(
  $$SELECT tag, round((read_maxspeed(tag)).limit_kmh::numeric, 2), (read_maxspeed(tag)).remark
      FROM unnest(ARRAY['50', '25 mph', '25mph', '7.5 mph', '30 km/h', '40 kmh', '5 knots', ' 60 ', '50 MPH']) AS tag$$,
  $$VALUES ('50', 50.00, NULL), ('25 mph', 40.23, NULL), ('25mph', 40.23, NULL), ('7.5 mph', 12.07, NULL), ('30 km/h', 30.00, NULL),
           ('40 kmh', 40.00, NULL), ('5 knots', 9.26, NULL), (' 60 ', 60.00, NULL), ('50 MPH', 80.47, NULL)$$,
  'numbers, in km/h unless they say otherwise');
SELECT results_eq(
  $$SELECT tag, round((read_maxspeed(tag)).limit_kmh::numeric, 2), (read_maxspeed(tag)).remark
      FROM unnest(ARRAY['RO:urban', 'DE:rural', 'de:zone:30', 'AT:zone30', 'FR:30', 'GB:20', 'GB:nsl_single', 'BE-VLG:rural', 'walk']) AS tag$$,
  $$VALUES ('RO:urban', 50.00, NULL), ('DE:rural', 100.00, NULL), ('de:zone:30', 30.00, NULL), ('AT:zone30', 30.00, NULL),
           ('FR:30', 30.00, NULL), ('GB:20', 32.19, NULL), ('GB:nsl_single', 96.56, NULL), ('BE-VLG:rural', 70.00, NULL),
           ('walk', 7.00, NULL)$$,
  'words for the law of a country');
SELECT results_eq(
  $$SELECT tag, round((read_maxspeed(tag)).limit_kmh::numeric, 2), (read_maxspeed(tag)).remark
      FROM unnest(ARRAY['35 mph;40 mph', '50|30', '50; 70 ;60', '50;none', '50;fixme', 'signals|50']) AS tag$$,
  $$VALUES ('35 mph;40 mph', 64.37, NULL), ('50|30', 50.00, NULL), ('50; 70 ;60', 70.00, NULL), ('50;none', NULL, 'none'),
           ('50;fixme', NULL, 'unreadable'), ('signals|50', NULL, 'variable')$$,
  'of a list the highest, unless a part is no limit');
SELECT results_eq(
  $$SELECT tag, (read_maxspeed(tag)).limit_kmh, (read_maxspeed(tag)).remark
      FROM unnest(ARRAY['none', 'DE:motorway', 'signals', 'variable', '', 'fixme', '0', '999', '-5', '50,5', '5e1', 'XX:urban', NULL]) AS tag$$,
  $$VALUES ('none', NULL::real, 'none'), ('DE:motorway', NULL, 'none'), ('signals', NULL, 'variable'), ('variable', NULL, 'variable'),
           ('', NULL, 'unreadable'), ('fixme', NULL, 'unreadable'), ('0', NULL, 'unreadable'), ('999', NULL, 'unreadable'),
           ('-5', NULL, 'unreadable'), ('50,5', NULL, 'unreadable'), ('5e1', NULL, 'unreadable'), ('XX:urban', NULL, 'unreadable'),
           (NULL, NULL, NULL)$$,
  'no limit, changing ones, and what cannot be read');

-- Two streets that cross at (0.002, 0), a ring, and a bridge over the first that shares no point with it.
CREATE SCHEMA osm_import;
INSERT INTO road (way_id, name, kind, oneway, maxspeed, maxspeed_forward, maxspeed_backward, maxspeed_conditional, layer, is_bridge, is_tunnel, geom)
VALUES (1, 'Main', 'primary', 0, '50', NULL, '30 mph', NULL, 0, false, false,
        'SRID=4326;LINESTRING(0 0, 0.001 0, 0.002 0, 0.003 0)'),
       (2, 'Cross', 'residential', 1, 'signals', '20', NULL, '30 @ (22:00-06:00)', 0, false, false,
        'SRID=4326;LINESTRING(0.002 -0.001, 0.002 0, 0.002 0.001)'),
       (3, NULL, 'tertiary', 1, NULL, NULL, NULL, NULL, 0, false, false,
        'SRID=4326;LINESTRING(0.01 0.01, 0.011 0.01, 0.011 0.011, 0.01 0.01)'),
       (4, NULL, 'trunk', -1, 'fixme', NULL, NULL, NULL, 1, true, false, 'SRID=4326;LINESTRING(0.0005 -0.001, 0.0005 0.001)');
:stage;
SELECT results_eq(
  $$SELECT road_id - way_id * 4096, way_id, class::int, oneway::int, forward_kmh, round(backward_kmh::numeric, 1), estimated_kmh,
           round(length_m::numeric)
      FROM osm_import.road_segment ORDER BY road_id$$,
  $$VALUES (1::bigint, 1::bigint, 3, 0, 50::real, 48.3, 90::real, 223.0), (3, 1, 3, 0, 50, 48.3, 90, 111),
           (1, 2, 7, 1, 20, NULL, 50, 111), (2, 2, 7, 1, 20, NULL, 50, 111), (1, 3, 5, 1, NULL, NULL, 70, 379),
           (1, 4, 2, -1, NULL, NULL, 100, 221)$$,
  'cut where two ways share a point; the place in the way names the segment; each direction has its limit');
SELECT is((SELECT count(DISTINCT node) FROM (SELECT from_node AS node FROM osm_import.road_segment
                                              UNION ALL SELECT to_node FROM osm_import.road_segment) n), 8::bigint,
          'the segments at a junction name the same node');
SELECT ok(from_node = to_node, 'a ring begins where it ends') FROM osm_import.road_segment WHERE way_id = 3;
:changes;
SELECT results_eq('SELECT change, count(*) FROM osm_import.road_change GROUP BY 1', $$VALUES ('new', 6::bigint)$$, 'all new');
:remove;
:take;
SELECT is(count(*), 6::bigint, 'taken over') FROM road_segment;
PREPARE note(timestamptz, text) AS :note;
SELECT isnt_empty($$EXECUTE note('2026-01-01Z', 'a.pbf')$$, 'a first import is a change of the rules');
SELECT results_eq('SELECT vehicle_id, from_at, needs_matching, reason FROM recompute',
                  $$VALUES (0::bigint, '-infinity'::timestamptz, true, 'road: import of a.pbf')$$, 'everything is to be matched');
PREPARE report AS :report;
CREATE TEMPORARY TABLE told AS EXECUTE report;
SELECT results_eq('SELECT segments, limited, conditional, variable, unlimited, unreadable, examples, lost_overrides FROM told',
                  $$VALUES (6::bigint, 4::bigint, 1::bigint, 1::bigint, 0::bigint, 1::bigint, '"fixme"', 0::bigint)$$, 'and is told');
PREPARE of_cells(float8[], float8[], float8[], float8[]) AS :of_cells;
CREATE TEMPORARY TABLE near AS EXECUTE of_cells('{0,0}', '{-200,0}', '{300,300}', '{200,10}');
SELECT results_eq('SELECT road_id - 4096 * (road_id / 4096), road_id / 4096 FROM near ORDER BY road_id',
                  $$VALUES (1::bigint, 1::bigint), (3, 1), (1, 2), (2, 2), (1, 4)$$, 'roads that touch boxes, each once');

-- The same again.
DROP TABLE osm_import.road_segment, osm_import.road_change;
:stage;
:changes;
SELECT is(count(*), 0::bigint, 'the same data changes nothing') FROM osm_import.road_change;
DEALLOCATE note;
PREPARE note(timestamptz, text) AS :note;
SELECT is_empty($$EXECUTE note('2026-01-01Z', 'a.pbf')$$, 'and leaves no version');

-- Another limit on Main, driven by vehicle 7.
DROP TABLE osm_import.road_segment, osm_import.road_change;
DELETE FROM recompute;
INSERT INTO road_run (vehicle_id, started_at, ended_at, road_id, is_forward, samples)
VALUES (7, '2026-01-02 10:00Z', '2026-01-02 10:01Z', 4097, true, 3), (7, '2026-01-02 11:00Z', '2026-01-02 11:05Z', 4099, true, 9),
       (8, '2026-01-02 11:00Z', '2026-01-02 11:05Z', 8193, true, 9);
UPDATE road SET maxspeed = '60' WHERE way_id = 1;
:stage;
:changes;
:remove;
:take;
SELECT results_eq('SELECT change, count(*) FROM osm_import.road_change GROUP BY 1', $$VALUES ('limit', 2::bigint)$$, 'only limits');
SELECT is(max(forward_kmh), 60::real, 'are changed') FROM road_segment WHERE way_id = 1;
DEALLOCATE note;
PREPARE note(timestamptz, text) AS :note;
SELECT isnt_empty($$EXECUTE note('2026-01-03Z', 'b.pbf')$$, 'a version');
SELECT results_eq('SELECT vehicle_id, from_at, until_at, needs_matching FROM recompute',
                  $$VALUES (7::bigint, '2026-01-02 10:00Z'::timestamptz, '2026-01-02 11:05:00.000001Z'::timestamptz, false)$$,
                  'who drove there is computed anew, as matched');

-- A new street joins Main: its first segment is cut in two. Cross is gone.
INSERT INTO road_override (road_id, limit_kmh, note, way_id, middle, updated_at)
SELECT road_id, 30, 'school', way_id, st_lineinterpolatepoint(geom, 0.75), now() FROM road_segment WHERE road_id IN (4097, 8193);
UPDATE road_override SET road_id = 4096 + 4000 WHERE road_id = 4097; -- as if it had been cut otherwise
INSERT INTO road (way_id, kind, oneway, layer, is_bridge, is_tunnel, geom)
VALUES (5, 'service', 0, 0, false, false, 'SRID=4326;LINESTRING(0.001 0, 0.001 0.001)');
DELETE FROM road WHERE way_id = 2;
DROP TABLE osm_import.road_segment, osm_import.road_change;
:stage;
:changes;
:remove;
:take;
SELECT results_eq('SELECT road_id, change FROM osm_import.road_change ORDER BY 1',
                  $$VALUES (4097::bigint, 'moved'), (4098, 'new'), (4099, 'gone'), (8193, 'gone'), (8194, 'gone'), (20481, 'new')$$,
                  'what a new junction changes');
PREPARE move AS :move;
EXECUTE move;
SELECT results_eq('SELECT road_id FROM road_override ORDER BY 1', 'VALUES (4098::bigint), (8193)',
                  'an override follows the middle of its segment; one whose road is gone stays as it is');
DEALLOCATE report;
PREPARE report AS :report;
DROP TABLE told;
CREATE TEMPORARY TABLE told AS EXECUTE report;
SELECT is(lost_overrides, 1::bigint, 'and is told as lost') FROM told;
SELECT is(max(length_m), NULL, 'no segment of no length') FROM road_segment WHERE length_m = 0;
SELECT throws_ok($$INSERT INTO road_override (road_id, limit_kmh, note, way_id, middle, updated_at)
                   VALUES (1, 0, '', 1, 'SRID=3857;POINT(0 0)', now())$$, '23514', NULL, 'a limit is more than nothing');

SELECT * FROM finish();
ROLLBACK;
