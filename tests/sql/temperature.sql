-- Temperature: which rule holds for which vehicle.
BEGIN;
SELECT plan(9);

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
SELECT * FROM finish();
ROLLBACK;
