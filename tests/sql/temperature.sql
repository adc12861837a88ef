-- Temperature: which rule holds for which vehicle.
BEGIN;
SELECT plan(11);

CREATE FUNCTION pg_temp.rule(called text, of_vehicle text, of_kind text, of_fleet text) RETURNS void LANGUAGE sql AS $$
  INSERT INTO temperature_rule (name, vehicle_id, kind, fleet, highest_c, updated_at)
  VALUES (called, (SELECT vehicle_id FROM vehicle WHERE vehicle.name = of_vehicle), of_kind, of_fleet, 8, now())
$$;
CREATE VIEW pg_temp.held AS
SELECT v.name || ' ' || r.name AS row
  FROM vehicle_temperature_rule h JOIN vehicle v USING (vehicle_id) JOIN temperature_rule r USING (rule_id)
 ORDER BY v.name;
INSERT INTO vehicle (name, kind, fleet, created_at)
VALUES ('own', 'reefer', 'north', now()), ('both', 'reefer', 'north', now()), ('kind', 'reefer', 'south', now()),
       ('fleet', 'van', 'north', now()), ('plain', NULL, NULL, now());

SELECT is_empty('TABLE pg_temp.held', 'without rules none holds');
SELECT pg_temp.rule('all', NULL, NULL, NULL);
SELECT is((SELECT count(*)::int FROM pg_temp.held), 5, 'a rule for all holds for all');
SELECT pg_temp.rule('fleet', NULL, NULL, 'north');
SELECT pg_temp.rule('kind', NULL, 'reefer', NULL);
SELECT pg_temp.rule('both', NULL, 'reefer', 'north');
SELECT pg_temp.rule('own', 'own', NULL, NULL);
SELECT results_eq('TABLE pg_temp.held', $$VALUES ('both both'), ('fleet fleet'), ('kind kind'), ('own own'), ('plain all')$$,
  'the narrowest holds');
DELETE FROM temperature_rule WHERE name = 'all';
SELECT results_eq('TABLE pg_temp.held', $$VALUES ('both both'), ('fleet fleet'), ('kind kind'), ('own own')$$,
  'a vehicle that no rule fits has none');
DELETE FROM temperature_rule WHERE name = 'own';
SELECT ok('own both' IN (TABLE pg_temp.held), 'the next one takes its place');
SELECT throws_ok($$SELECT pg_temp.rule('again', NULL, 'reefer', NULL)$$, '23505', NULL, 'two rules for the same vehicles cannot be');
SELECT throws_ok($$SELECT pg_temp.rule('kind', NULL, 'truck', NULL)$$, '23505', NULL, 'nor two of the same name');
SELECT throws_ok($$SELECT pg_temp.rule('mixed', 'own', 'reefer', NULL)$$, '23514', NULL, 'nor one for a vehicle and a kind');
SELECT throws_ok($$INSERT INTO temperature_rule (name, kind, updated_at) VALUES ('empty', 'x', now())$$, '23514', NULL,
  'nor one without a limit');

-- 5, 5, 15 a minute apart, then nothing for 28 minutes, which count as 10: (5 * 60 + 10 * 60 + 15 * 600) / 720.
SELECT ensure_breadcrumb_partition('2026-03-01');
UPDATE temperature_rule SET lowest_c = 2, silent_s = 600 WHERE name = 'both';
INSERT INTO breadcrumb (vehicle_id, recorded_at, version, seq, received_at, geom, cell, temperature_c, flags, source)
SELECT (SELECT vehicle_id FROM vehicle WHERE name = 'both'), '2026-03-01Z'::timestamptz + minute * interval '1 minute', version, 0, now(),
       'SRID=4326;POINT(0 0)', 0, c, flags, 1
  FROM (VALUES (0, 1, 5, 0), (1, 1, 5, 8), (1, 2, 99, 0), (2, 1, 15, 0), (3, 1, 99, 2), (4, 1, NULL, 0), (30, 1, 15, 0),
               (70, 1, 99, 0)) AS readings (minute, version, c, flags);
INSERT INTO trip (vehicle_id, started_at, ended_at, driver_id, distance_m, moving_s, samples, started_geom, ended_geom, end_reason,
                  is_open, revision)
SELECT vehicle_id, '2026-03-01Z', '2026-03-01 01:00Z', 0, 0, 0, 4, 'SRID=4326;POINT(0 0)', 'SRID=4326;POINT(0 0)', 1, false, 1
  FROM vehicle WHERE name = 'both';
SELECT results_eq($$SELECT readings::int, min_c, max_c, mean_c, observed_s, longest_gap_s, above_s, above_degree_minutes, below_s
    FROM bi.temperature_trips WHERE vehicle = 'both'$$,
  $$VALUES (4, 5::float8, 15::float8, 13.75::float8, 720::float8, 1680::float8, 642::float8, 72.45::float8, 0::float8)$$,
  'figures of a trip: a gap counts up to silent_s');
SELECT is((SELECT count(*)::int FROM bi.temperature_readings), 6, 'readings but those from the future');
SELECT * FROM finish();
ROLLBACK;
