-- The report's views: the interval of a rate, reviews that follow their episodes, sums by day.
BEGIN;
SELECT plan(11);

-- Exact values to 15 digits, computed with 30.
SELECT is(count(*), 0::bigint, 'the 95 % interval of a Poisson count')
  FROM (VALUES (0, 0, 3.6888794541139363), (1, 0.025317807984289875, 5.5716433909388986), (10, 4.7953886961324336, 18.390356042017779),
               (100, 81.36399125092315, 121.62679379242639), (1000, 938.97301840769522, 1063.952136016302)) exact (n, low, high)
 WHERE abs(bi.poisson_low(n) - low) > 1e-9 OR abs(bi.poisson_high(n) - high) > 1e-9;

SELECT columns_are('bi', 'speeding_report', ARRAY['vehicle_id', 'vehicle', 'driver_id', 'driver', 'day', 'distance_km', 'known_limit_km',
  'over_limit_km', 'observed_h', 'over_limit_h', 'episodes', 'strict_episodes', 'minor', 'moderate', 'severe', 'extreme', 'max_excess_kmh']);

INSERT INTO vehicle (vehicle_id, name, created_at) VALUES (1000001, 'iotfleet_a', now());
INSERT INTO driver (driver_id, name, pseudonym, created_at) VALUES (7, 'Ann', 'D7', now());
CREATE FUNCTION plant(started timestamptz, seconds integer, excess real, samples integer, quality integer) RETURNS void LANGUAGE sql AS $$
  INSERT INTO speeding_episode (vehicle_id, started_at, ended_at, driver_id, distance_m, samples, largest_gap_s, max_speed_kmh,
      mean_speed_kmh, p95_speed_kmh, limit_kmh, limit_source, max_excess_kmh, mean_excess_kmh, excess_integral_kmh_s, quality, end_reason,
      started_geom, peak_at, peak_geom, ended_geom, is_open, revision, rule_version)
  VALUES (1000001, started, started + make_interval(secs => seconds), 7, 500, samples, 5, 80 + excess, 80, 80, 80, 6, excess, 1, 1,
      quality, 1, 'SRID=4326;POINT(-122 45)', started, 'SRID=4326;POINT(-122 45)', 'SRID=4326;POINT(-122 45)', false, 1, 1)
$$;
SELECT plant('2026-03-29 00:30Z', 30, 12, 4, 0), plant('2026-03-29 21:59:50Z', 20, 41, 5, 0), plant('2026-03-29 22:00Z', 30, 10, 3, 1),
       plant('2026-03-30 12:00Z', 5, 20, 3, 0), plant('2026-03-30 13:00Z', 60, 5, 9, 0);
INSERT INTO drive_day (vehicle_id, day, driver_id, distance_m, known_limit_m, over_limit_m, observed_s, moving_s, known_limit_s,
    over_limit_s, samples, revision)
VALUES (1000001, '2026-03-29', 7, 120000, 100000, 5000, 7200, 7000, 7000, 300, 900, 1);

SELECT results_eq($$SELECT band FROM bi.speeding_episodes ORDER BY started_at$$,
  ARRAY['moderate', 'extreme', 'minor', 'moderate', 'minor'], 'a band ends with its limit');
SELECT results_eq($$SELECT is_strict FROM bi.speeding_episodes ORDER BY started_at$$,
  ARRAY[true, true, false, true, true], 'a jump is not strict');
UPDATE setting SET value = value || '{"bands_kmh": [5, 15, 40]}' WHERE name = 'speeding_report';
SELECT results_eq($$SELECT band FROM bi.speeding_episodes ORDER BY started_at$$,
  ARRAY['moderate', 'extreme', 'moderate', 'severe', 'minor'], 'bands are the fleet''s');

-- Reviews.
INSERT INTO speeding_review (vehicle_id, started_at, ended_at, state, note, reviewed_by, reviewed_at)
VALUES (1000001, '2026-03-29 00:30Z', '2026-03-29 00:30:30Z', 'confirmed', 'first', 'dora', '2026-04-01 08:00Z'),
       (1000001, '2026-03-29 00:30Z', '2026-03-29 00:30:30Z', 'excused', 'ambulance', 'dora', '2026-04-01 09:00Z');
SELECT results_eq($$SELECT review, review_note, is_strict FROM bi.speeding_episodes ORDER BY started_at LIMIT 2$$,
  $$VALUES ('excused', 'ambulance', false), ('open', NULL, true)$$, 'the newest review counts');
UPDATE speeding_episode SET started_at = '2026-03-29 00:30:20Z', ended_at = '2026-03-29 00:31Z' WHERE started_at = '2026-03-29 00:30Z';
SELECT results_eq($$SELECT review FROM bi.speeding_episodes ORDER BY started_at LIMIT 1$$, ARRAY['excused'],
  'a review follows the episode that overlaps it');
UPDATE speeding_episode SET started_at = '2026-03-29 00:30:31Z' WHERE started_at = '2026-03-29 00:30:20Z';
SELECT results_eq($$SELECT review FROM bi.speeding_episodes ORDER BY started_at LIMIT 1$$, ARRAY['open'], 'and no other');

-- Days.
SELECT results_eq($$SELECT day, episodes::int, strict_episodes::int, extreme::int, distance_km FROM bi.speeding_report ORDER BY day$$,
  $$VALUES ('2026-03-29'::date, 3, 2, 1, 120::float8)$$, 'days of UTC; too short and within the tolerance does not count');
INSERT INTO setting (name, value, updated_at) VALUES ('depot_time_zone', '"Europe/Berlin"', now())
    ON CONFLICT (name) DO UPDATE SET value = excluded.value;
SELECT results_eq($$SELECT day, episodes::int FROM bi.speeding_report ORDER BY day$$,
  $$VALUES ('2026-03-29'::date, 2), ('2026-03-30'::date, 1)$$, 'days of the depot, also the one that has 23 hours');
UPDATE setting SET value = value || '{"tolerance_kmh": 12.5, "min_duration_s": 0}' WHERE name = 'speeding_report';
SELECT results_eq($$SELECT day, episodes::int FROM bi.speeding_report ORDER BY day$$,
  $$VALUES ('2026-03-29'::date, 1), ('2026-03-30'::date, 1)$$, 'at the fleet''s own tolerance');

SELECT * FROM finish();
ROLLBACK;
