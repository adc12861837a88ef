-- What people with SQL see.
BEGIN;
SELECT plan(2);

SELECT columns_are('bi', 'fleetinfo',
  ARRAY['thingname', 'topic', 'latitude', 'longitude', 'location', 'ignition', 'speed', 'updtime', 'filenm']);

SELECT ensure_breadcrumb_partition('2024-02-29');
INSERT INTO vehicle (vehicle_id, name, created_at) VALUES (1000001, 'iotfleet_a', now());
INSERT INTO breadcrumb VALUES (1000001, '2024-02-29 12:00Z', 7, 1, now(), 'SRID=4326;POINT(-122.5 45.25)', 0, 50.5, 180, NULL,
  true, 0, 1, '{"thetopic": "$aws/things/iotfleet_a/shadow/update/documents", "address": "5th Avenue", "filenm": "a.json"}');
SELECT results_eq($$SELECT * FROM bi.fleetinfo$$,
  $$VALUES ('iotfleet_a', '$aws/things/iotfleet_a/shadow/update/documents', 45.25::float8, -122.5::float8, '5th Avenue', true,
            50.5::real, '2024-02-29 12:00Z'::timestamptz, 'a.json')$$, 'a breadcrumb in the columns of the founding article');

SELECT * FROM finish();
ROLLBACK;
