-- Which shadow replaces which: ingest/sql/upsert_shadows.sql itself, prepared.
BEGIN;
SELECT plan(11);
\set upsert `cat "$ROOT/ingest/sql/upsert_shadows.sql"`
PREPARE upsert AS :upsert;

-- One shadow of vehicle 7: version, time, whether it is complete, what it was merged onto.
CREATE FUNCTION pg_temp.store(version bigint, updated_at text, is_complete boolean DEFAULT true, merged_onto bigint DEFAULT NULL)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('EXECUTE upsert(ARRAY[7], ARRAY[%L], ARRAY[%s], ARRAY[%L::timestamptz], ARRAY[now()], ARRAY[%L::boolean], '
                 'ARRAY[%L::bigint], ARRAY[%L::jsonb], ARRAY[%L::jsonb], ARRAY[%L::jsonb], ARRAY[%L])',
                 '', version, updated_at, is_complete, merged_onto, format('{"n": %s}', version), '{}', '{}', '{}');
END
$$;
CREATE VIEW pg_temp.kept AS SELECT version, is_complete, reported ->> 'n' AS n FROM shadow WHERE vehicle_id = 7;

SELECT pg_temp.store(5, '2026-11-22 12:00Z');
SELECT results_eq('SELECT * FROM pg_temp.kept', $$VALUES (5::bigint, true, '5')$$, 'the first is stored');
SELECT pg_temp.store(6, '2026-11-22 12:00Z');
SELECT results_eq('SELECT version FROM pg_temp.kept', 'VALUES (6::bigint)', 'a later version replaces it');
SELECT pg_temp.store(4, '2026-11-22 12:05Z');
SELECT results_eq('SELECT version FROM pg_temp.kept', 'VALUES (6::bigint)', 'an earlier version does not, although it is newer by the clock');
SELECT pg_temp.store(2, '2026-11-24 12:00:01Z');
SELECT results_eq('SELECT version FROM pg_temp.kept', 'VALUES (2::bigint)', 'after 48 hours it does: the shadow began anew');
SELECT pg_temp.store(900, '2026-11-22 12:00Z');
SELECT results_eq('SELECT version FROM pg_temp.kept', 'VALUES (2::bigint)', 'one of before that does not come back');
SELECT pg_temp.store(3, '2026-11-24 12:01Z', true, 2);
SELECT results_eq('SELECT version FROM pg_temp.kept', 'VALUES (3::bigint)', 'a merged one is stored onto its version');
SELECT pg_temp.store(4, '2026-11-24 12:02Z', true, 2);
SELECT results_eq('SELECT version FROM pg_temp.kept', 'VALUES (3::bigint)', 'and not when another writer was faster');
SELECT pg_temp.store(4, '2026-11-24 12:02Z', true, -1);
SELECT results_eq('SELECT version FROM pg_temp.kept', 'VALUES (3::bigint)', 'nor when it was merged onto nothing and there is something');
SELECT pg_temp.store(4, '2026-11-24 12:02Z', false, 3);
SELECT pg_temp.store(4, '2026-11-24 12:02Z', true);
SELECT results_eq('SELECT version, is_complete FROM pg_temp.kept', 'VALUES (4::bigint, true)', 'a whole one of the same version completes it');
UPDATE shadow SET reported = '{"n": "first"}';
SELECT pg_temp.store(4, '2026-11-24 12:02Z', true);
SELECT results_eq('SELECT n FROM pg_temp.kept', $$VALUES ('first')$$, 'the same again changes nothing');
SELECT is(count(*)::int, 1, 'one row a shadow') FROM shadow;

SELECT * FROM finish();
ROLLBACK;
