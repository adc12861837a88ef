-- ensure_breadcrumb_partition.
BEGIN;
SELECT plan(15);

SELECT throws_ok($$INSERT INTO breadcrumb VALUES (1, '2024-02-29 12:00Z', 1, 1, now(), 'SRID=4326;POINT(1 2)', 0,
                                                  NULL, NULL, NULL, NULL, 0, 1, NULL)$$,
                 '23514', NULL, 'a day without a partition takes no breadcrumb');
SELECT ok(ensure_breadcrumb_partition('2024-02-29'), 'made the first time');
SELECT ok(NOT ensure_breadcrumb_partition('2024-02-29'), 'there the second time');
SELECT ok(ensure_breadcrumb_partition('2024-03-01'), 'the next day has its own');
SELECT ok(ensure_breadcrumb_partition('2023-12-31'), 'an earlier one too');
SELECT has_table('breadcrumb_p20240229');

SET LOCAL DateStyle = 'German, DMY';
SET LOCAL TimeZone = 'America/Los_Angeles';
SELECT ok(ensure_breadcrumb_partition(to_date('2024-01-02', 'YYYY-MM-DD')), 'whatever the session''s way with dates');
SET LOCAL DateStyle = 'ISO';
SET LOCAL TimeZone = 'UTC';
SELECT is(pg_get_expr(relpartbound, oid), 'FOR VALUES FROM (''2024-01-02 00:00:00+00'') TO (''2024-01-03 00:00:00+00'')',
          'days are days of UTC')
  FROM pg_class WHERE relname = 'breadcrumb_p20240102';

SELECT lives_ok($$INSERT INTO breadcrumb VALUES
  (1, '2024-02-29 00:00Z', 1, 1, now(), 'SRID=4326;POINT(1 2)', 0, NULL, NULL, NULL, NULL, 0, 1, NULL),
  (1, '2024-02-29 23:59:59.999999Z', 1, 2, now(), 'SRID=4326;POINT(1 2)', 0, NULL, NULL, NULL, NULL, 0, 1, NULL),
  (1, '2024-03-01 00:00Z', 1, 3, now(), 'SRID=4326;POINT(1 2)', 0, NULL, NULL, NULL, NULL, 0, 1, NULL)$$, 'the day is whole');
SELECT results_eq($$SELECT tableoid::regclass::text, count(*)::int FROM breadcrumb GROUP BY 1 ORDER BY 1$$,
                  $$VALUES ('breadcrumb_p20240229', 2), ('breadcrumb_p20240301', 1)$$, 'each day lies in its partition');
SELECT lives_ok($$INSERT INTO breadcrumb VALUES
  (1, '2024-02-29 00:00Z', 1, 9, now(), 'SRID=4326;POINT(3 4)', 0, NULL, NULL, NULL, NULL, 0, 1, NULL)
  ON CONFLICT DO NOTHING$$, 'the same key again is no error');
SELECT is(count(*)::int, 3, 'and no row') FROM breadcrumb;

SELECT is(count(*)::int, 4, 'a partition has the four indexes of breadcrumb')
  FROM pg_index i
  JOIN pg_inherits h ON h.inhrelid = i.indexrelid
 WHERE i.indrelid = 'breadcrumb_p20240229'::regclass AND i.indisvalid;
SELECT is_empty($$SELECT p.attname, p.atttypid, p.attnotnull FROM pg_attribute p
                   WHERE p.attrelid = 'breadcrumb_p20240229'::regclass AND p.attnum > 0
                  EXCEPT
                  SELECT b.attname, b.atttypid, b.attnotnull FROM pg_attribute b
                   WHERE b.attrelid = 'breadcrumb'::regclass AND b.attnum > 0$$, 'and its columns');
-- What an access exclusive lock would show: readers and writers of the whole table would have to wait.
SELECT is_empty($$SELECT mode FROM pg_locks WHERE relation = 'breadcrumb'::regclass AND mode = 'AccessExclusiveLock'$$,
                'nobody who reads or writes waits for a new day');

SELECT * FROM finish();
ROLLBACK;
