-- The queue of objects: ingest/sql/announce_objects.sql, claim_objects.sql and mark_objects.sql themselves, prepared.
BEGIN;
SELECT plan(15);
\set announce `cat "$ROOT/ingest/sql/announce_objects.sql"`
PREPARE announce AS :announce;
\set claim `cat "$ROOT/ingest/sql/claim_objects.sql"`
PREPARE claim AS :claim;
\set mark `cat "$ROOT/ingest/sql/mark_objects.sql"`
PREPARE mark AS :mark;

-- One object: key, etag, version id, found by; at second `at` of a day.
CREATE FUNCTION pg_temp.announce(key text, etag text, version_id text, found_by integer, at integer) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('EXECUTE announce(ARRAY[''b''], ARRAY[%L], ARRAY[%L], ARRAY[%L]::text[], ARRAY[%L]::text[], ARRAY[10], '
    'ARRAY[NULL]::timestamptz[], ARRAY[%s], ARRAY[false], %L)', key, coalesce(etag, version_id, ''), version_id, etag, found_by,
    timestamptz '2024-05-20Z' + at * interval '1 s');
END
$$;
CREATE FUNCTION pg_temp.claim(of_backfill integer, at integer, row_limit integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  claimed record;
  keys text[] := '{}';
BEGIN
  FOR claimed IN EXECUTE format('EXECUTE claim(%s, %L, %L, %s)', of_backfill, timestamptz '2024-05-20Z' + at * interval '1 s',
                                timestamptz '2024-05-20Z' + (at + 30) * interval '1 s', row_limit) LOOP
    keys := keys || (claimed.object_key || ':' || claimed.tries);
  END LOOP;
  RETURN (SELECT string_agg(key, ' ' ORDER BY key) FROM unnest(keys) AS key);
END
$$;
CREATE FUNCTION pg_temp.mark(key text, version_key text, tries integer, state text, etag text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('EXECUTE mark(ARRAY[''b''], ARRAY[%L], ARRAY[%L], ARRAY[%s], ARRAY[%L], ARRAY[CASE %L WHEN ''failed'' THEN %L END]::timestamptz[], '
    'ARRAY[NULL]::text[], ARRAY[%L]::text[], ARRAY[10], ARRAY[3], ARRAY[2], ARRAY[1], ARRAY[0], ARRAY[NULL]::bytea[], %L)',
    key, version_key, tries, state, state, timestamptz '2024-05-20 01:00Z', etag, timestamptz '2024-05-20Z');
END
$$;
CREATE VIEW pg_temp.shown AS
SELECT object_key || ' ' || version_key || ' ' || state AS row FROM ingest_object ORDER BY object_key, version_key;

SELECT pg_temp.announce('a', 'e1', 'v1', 2, 0);
SELECT pg_temp.announce('a', 'e1', NULL, 6, 1);
SELECT results_eq('TABLE pg_temp.shown', $$VALUES ('a e1 waiting')$$, 'a listing and a notification tell of one object');
SELECT results_eq('SELECT found_by::int, version_id FROM ingest_object', $$VALUES (2, 'v1')$$, 'who told first stays');
SELECT pg_temp.announce('b', 'e2', NULL, 5, 0);
SELECT is(pg_temp.claim(0, 10, 10), 'a:1', 'what happens now is claimed apart from back-fills');
SELECT is(pg_temp.claim(1, 10, 10), 'b:1', 'and back-fills apart from it');
SELECT is(pg_temp.claim(0, 39, 10), NULL, 'nobody else claims it while the lease runs');
SELECT is(pg_temp.claim(0, 40, 10), 'a:2', 'and another does when it has ended');
SELECT pg_temp.mark('a', 'e1', 1, 'read', 'e1');
SELECT is((SELECT state FROM ingest_object WHERE object_key = 'a'), 'reading', 'who has lost the lease marks nothing');
SELECT pg_temp.mark('a', 'e1', 2, 'read', 'e1');
SELECT results_eq($$SELECT state, next_try_at, events, stored FROM ingest_object WHERE object_key = 'a'$$,
  $$VALUES ('read', NULL::timestamptz, 3::bigint, 2::bigint)$$, 'who has it does');
SELECT pg_temp.announce('a', 'e1', 'v1', 1, 50);
SELECT is((SELECT state FROM ingest_object WHERE object_key = 'a'), 'read', 'read is read');
SELECT pg_temp.announce('a', 'e9', 'v2', 1, 50);
SELECT is((SELECT count(*)::int FROM ingest_object WHERE object_key = 'a'), 2, 'another version is another object');

SELECT pg_temp.announce('c', NULL, 'v7', 3, 60);
SELECT is(pg_temp.claim(0, 60, 10), 'a:1 c:1', 'an object without etag');
SELECT pg_temp.mark('c', 'v7', 1, 'read', 'e7');
SELECT pg_temp.announce('c', 'e7', NULL, 6, 61);
SELECT is((SELECT count(*)::int FROM ingest_object WHERE object_key = 'c'), 1, 'is known by the etag that it had when it was read');

SELECT pg_temp.mark('b', 'e2', 1, 'failed', NULL);
SELECT pg_temp.announce('b', 'e2', NULL, 6, 62);
SELECT is((SELECT state FROM ingest_object WHERE object_key = 'b'), 'failed', 'a failed object keeps its pause');
SELECT pg_temp.announce('b', 'e2', NULL, 5, 63);
SELECT is((SELECT state || tries FROM ingest_object WHERE object_key = 'b'), 'waiting0', 'unless a back-fill asks for it');
UPDATE ingest_object SET state = 'missing', next_try_at = NULL WHERE object_key = 'b';
SELECT pg_temp.announce('b', 'e2', NULL, 6, 64);
SELECT is((SELECT state FROM ingest_object WHERE object_key = 'b'), 'waiting', 'a missing object that is told of again is read');

SELECT * FROM finish();
ROLLBACK;
