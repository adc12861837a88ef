-- The rule by which a breadcrumb becomes the position of its vehicle: ingest/sql/upsert_positions.sql
-- and update_positions.sql themselves, prepared: for a vehicle that has a position they do the same.
BEGIN;
SELECT plan(9);
\set upsert `cat "$ROOT/ingest/sql/upsert_positions.sql"`
PREPARE upsert AS :upsert;
\set update `cat "$ROOT/ingest/sql/update_positions.sql"`
PREPARE update AS :update;
UPDATE feed SET head = 100;

-- One breadcrumb: recorded at, version, its number, longitude, speed. Vehicle 7 is always upserted, vehicle 8 updated from its
-- second on: both must come to the same.
CREATE FUNCTION pg_temp.send(recorded_at text, version bigint, seq bigint, longitude float8, speed real) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  arguments text := format(
    'ARRAY[%L::timestamptz], ARRAY[%s], ARRAY[%s], ARRAY[now()], ARRAY[%s], ARRAY[45], ARRAY[%s], ARRAY[NULL::real], '
    'ARRAY[NULL::real], ARRAY[true], ARRAY[1], ARRAY[NULL::timestamptz], ARRAY[%s])',
    recorded_at, version, seq, longitude, speed, seq);
BEGIN
  EXECUTE 'EXECUTE upsert(ARRAY[7], ' || arguments;
  EXECUTE format('EXECUTE %s(ARRAY[8], ', CASE WHEN EXISTS (SELECT FROM position WHERE vehicle_id = 8) THEN 'update' ELSE 'upsert' END) || arguments;
  IF (SELECT count(DISTINCT to_jsonb(position) - 'vehicle_id') FROM position) <> 1 THEN
    RAISE 'update_positions and upsert_positions differ';
  END IF;
END
$$;
CREATE VIEW pg_temp.shown AS
SELECT version, seq, st_x(geom) AS longitude, speed_kmh, hidden, cell FROM position WHERE vehicle_id = 7;

SELECT pg_temp.send('2026-11-22 12:00Z', 5, 1, 10, 50);
SELECT results_eq('SELECT * FROM pg_temp.shown', $$VALUES (5::bigint, 1::bigint, 10::float8, 50::real, false, 1)$$, 'the first is shown');
SELECT pg_temp.send('2026-11-22 12:00:10Z', 6, 2, 11, 60);
SELECT results_eq('SELECT version, seq, longitude FROM pg_temp.shown', $$VALUES (6::bigint, 2::bigint, 11::float8)$$, 'a newer one moves it');
SELECT pg_temp.send('2026-11-22 12:00:05Z', 9, 3, 12, 70);
SELECT results_eq('SELECT version, seq, longitude FROM pg_temp.shown', $$VALUES (6::bigint, 2::bigint, 11::float8)$$,
                  'an earlier one with a higher version does not move it back');
SELECT pg_temp.send('2026-11-22 12:00:10Z', 6, 4, 13, 70);
SELECT results_eq('SELECT version, seq, longitude FROM pg_temp.shown', $$VALUES (6::bigint, 2::bigint, 11::float8)$$,
                  'the same again changes nothing');
SELECT pg_temp.send('2026-11-22 12:00:10Z', 5, 5, 14, 70);
SELECT results_eq('SELECT version, seq, longitude FROM pg_temp.shown', $$VALUES (6::bigint, 2::bigint, 11::float8)$$,
                  'nor does a lower version of the same time');
SELECT pg_temp.send('2026-11-22 12:00:10Z', 7, 6, 15, 70);
SELECT results_eq('SELECT version, seq, longitude FROM pg_temp.shown', $$VALUES (7::bigint, 6::bigint, 15::float8)$$,
                  'a higher version of the same time does');
UPDATE position SET hidden = true;
SELECT pg_temp.send('2026-11-22 12:00:00Z', 1, 7, 16, 70);
SELECT results_eq('SELECT seq, hidden FROM pg_temp.shown', $$VALUES (6::bigint, true)$$, 'hidden stays hidden for an old one');
SELECT pg_temp.send('2026-11-22 12:01Z', 8, 8, 17, 70);
SELECT results_eq('SELECT seq, hidden FROM pg_temp.shown', $$VALUES (8::bigint, false)$$, 'and is shown again with a new one');
SELECT is(count(*)::int, 1, 'one row a vehicle') FROM position WHERE vehicle_id = 7;

SELECT * FROM finish();
ROLLBACK;
