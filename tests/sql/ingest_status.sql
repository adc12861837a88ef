-- What the statements of api/sql and ingest/sql make of rejected events, objects of S3 and traced breadcrumbs.
BEGIN;
SELECT plan(17);
\set list_rejected `cat "$ROOT/api/sql/list_rejected.sql"`
PREPARE list_rejected AS :list_rejected;
\set count_rejected `cat "$ROOT/api/sql/count_rejected.sql"`
PREPARE count_rejected AS :count_rejected;
\set open_rejected `cat "$ROOT/ingest/sql/select_open_rejected.sql"`
PREPARE open_rejected AS :open_rejected;
\set note_replays `cat "$ROOT/ingest/sql/update_rejected_replays.sql"`
PREPARE note_replays AS :note_replays;
\set list_objects `cat "$ROOT/api/sql/list_objects.sql"`
PREPARE list_objects AS :list_objects;
\set retry_objects `cat "$ROOT/ingest/sql/retry_objects.sql"`
PREPARE retry_objects AS :retry_objects;
\set find_newer `cat "$ROOT/api/sql/find_newer_breadcrumb.sql"`
PREPARE find_newer AS :find_newer;

-- Rejected: two of the same time, one of another way in, one in the past.
INSERT INTO rejected (digest, rejected_id, received_at, source, vehicle, field, reason, request_id, body) OVERRIDING SYSTEM VALUE VALUES
  ('a', 1, '2026-11-20 12:00Z', 1, 'van_1', '$', 'not acceptable JSON at byte 5: no', 'r1', 'x'),
  ('b', 2, '2026-11-22 12:00Z', 1, 'van_1', '$', 'not acceptable JSON at byte 17: no', 'r2', 'x'),
  ('c', 3, '2026-11-22 12:00Z', 1, 'van_2', '$', 'not acceptable JSON at byte 9: no', 'r3', 'x'),
  ('d', 4, '2026-11-22 11:00Z', 3, NULL, '$.lat', 'expected -90..90', 's3://b/k', 'x');
CREATE FUNCTION pg_temp.ids(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  found record;
  ids text := '';
BEGIN
  FOR found IN EXECUTE statement LOOP
    ids := ids || ' ' || found.rejected_id;
  END LOOP;
  RETURN trim(ids);
END
$$;
SELECT is(pg_temp.ids($$EXECUTE list_rejected('9999-12-31Z', 9223372036854775807, NULL, NULL, NULL, NULL, NULL, NULL, 10)$$), '3 2 4 1', 'newest first');
SELECT is(pg_temp.ids($$EXECUTE list_rejected('2026-11-22 12:00Z', 3, NULL, NULL, NULL, NULL, NULL, NULL, 10)$$), '2 4 1', 'and on from a place');
SELECT is(pg_temp.ids($$EXECUTE list_rejected('9999-12-31Z', 9223372036854775807, 3, NULL, NULL, NULL, NULL, NULL, 10)$$), '4', 'by way in');
SELECT is(pg_temp.ids($$EXECUTE list_rejected('9999-12-31Z', 9223372036854775807, NULL, 'van_1', NULL, NULL, '2026-11-22Z', NULL, 10)$$), '1', 'by vehicle and time');
SELECT is(pg_temp.ids($$EXECUTE list_rejected('9999-12-31Z', 9223372036854775807, NULL, NULL, 'json AT byte #', NULL, NULL, NULL, 10)$$), '3 2 1',
          'by a reason, whatever place it names');
SELECT results_eq($$EXECUTE count_rejected('2026-11-22Z', 5)$$,
                  $$VALUES (1::smallint, 'not acceptable JSON at byte #: no', 2::bigint, 2::bigint, '2026-11-22 12:00Z'::timestamptz, 3::bigint),
                           (3::smallint, 'expected -90..90', 1::bigint, 1::bigint, '2026-11-22 11:00Z'::timestamptz, 4::bigint)$$,
                  'like reasons are counted together');

EXECUTE note_replays(ARRAY[2, 3, 4], ARRAY['stored', 'rejected', 'duplicate'], ARRAY[NULL, '$.lon', NULL], ARRAY[NULL, 'still bad', NULL], '2026-11-23Z');
SELECT is(pg_temp.ids($$EXECUTE open_rejected(0, NULL, NULL, NULL, NULL, NULL, 10)$$), '1 3', 'what was settled is not read again');
SELECT is(pg_temp.ids($$EXECUTE open_rejected(1, 1, NULL, 'still', NULL, NULL, 10)$$), '3', 'by its new reason');
SELECT is(pg_temp.ids($$EXECUTE list_rejected('9999-12-31Z', 9223372036854775807, NULL, NULL, NULL, NULL, NULL, 1, 10)$$), '3 1', 'open ones are listed');
SELECT is(pg_temp.ids($$EXECUTE list_rejected('9999-12-31Z', 9223372036854775807, NULL, NULL, NULL, NULL, NULL, 0, 10)$$), '2 4', 'and settled ones');
EXECUTE note_replays(ARRAY[2], ARRAY['duplicate'], ARRAY[NULL], ARRAY[NULL], '2026-11-24Z');
SELECT results_eq('SELECT replay_outcome, replays, reason FROM rejected WHERE rejected_id = 2',
                  $$VALUES ('stored', 2, 'not acceptable JSON at byte 17: no')$$, 'what was stored once was stored');

-- Objects: three that were announced together come in one order, page by page.
INSERT INTO ingest_object (bucket, object_key, version_key, found_by, state, announced_at, next_try_at)
SELECT 'b', 'k' || i, '', 1, CASE i WHEN 1 THEN 'missing' WHEN 2 THEN 'failed' ELSE 'read' END, '2026-11-22Z', CASE i WHEN 2 THEN now() + interval '1 hour' END
  FROM generate_series(1, 3) i;
CREATE TEMP TABLE page_1 AS EXECUTE list_objects('9999-12-31Z', 9223372036854775807, NULL, NULL, 'b', 'k', 2);
SELECT min(hash) AS place FROM page_1 \gset
SELECT is((SELECT count(*)::int FROM page_1), 2, 'a page of objects');
CREATE TEMP TABLE page_2 AS EXECUTE list_objects('2026-11-22Z', :place, NULL, NULL, NULL, NULL, 2);
SELECT is((SELECT count(DISTINCT object_key)::int FROM (SELECT object_key FROM page_1 UNION ALL SELECT object_key FROM page_2) u), 3, 'the next page has the rest');
SELECT results_eq($$EXECUTE retry_objects('b', 'k1', now())$$, $$VALUES ('missing', true)$$, 'a missing one is tried again');
SELECT results_eq($$EXECUTE retry_objects('b', 'k3', now())$$, $$VALUES ('read', false)$$, 'one that was read is not');

-- Trace: which breadcrumb was newer when another came.
SELECT ensure_breadcrumb_partition('2026-11-22');
INSERT INTO breadcrumb (vehicle_id, recorded_at, version, seq, received_at, geom, cell, flags, source)
SELECT 7, '2026-11-22 12:00Z'::timestamptz + i * interval '1 minute', i, CASE i WHEN 3 THEN 1 ELSE 10 + i END, now(), st_point(0, 0, 4326), 1, CASE i WHEN 4 THEN 8 ELSE 0 END, 1
  FROM generate_series(1, 5) i;
SELECT results_eq($$EXECUTE find_newer(7, '2026-11-22 12:01Z', 1, 11, -1, '2026-11-23Z')$$,
                  $$VALUES ('2026-11-22 12:03Z'::timestamptz, 3::bigint, 1::bigint)$$, 'one that came before');
SELECT is_empty($$EXECUTE find_newer(7, '2026-11-22 12:03Z', 3, 1, -1, '2026-11-23Z')$$, 'later ones say nothing');

SELECT * FROM finish();
ROLLBACK;
