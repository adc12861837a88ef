// Speed limits: of the fleet, of vehicles, of roads; what each change leaves behind, and how much is known.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { analysed } from './support/analysis.js';
import { Program } from './support/program.js';

const program = new Program();

/* Main Street in two segments, and Cross Street, a one-way. */
const ROADS = `
  INSERT INTO road (way_id, name, ref, kind, oneway, maxspeed, layer, is_bridge, is_tunnel, geom) VALUES
    (1, 'Main Street', 'US 26', 'primary', 0, '50', 0, false, false, 'SRID=4326;LINESTRING(-122.66 45.5, -122.658 45.5, -122.656 45.5)'),
    (2, 'Cross Street', NULL, 'residential', -1, NULL, 0, false, false, 'SRID=4326;LINESTRING(-122.658 45.499, -122.658 45.501)');
  INSERT INTO road_segment (road_id, way_id, from_node, to_node, class, oneway, length_m, forward_kmh, backward_kmh, estimated_kmh, geom)
  SELECT 4096 * way_id + part, way_id, part, part + 1, class, oneway, 156.25, CASE way_id WHEN 1 THEN 50 END, CASE way_id WHEN 1 THEN 40 END,
         estimated_kmh, st_transform(st_linesubstring(geom, (part - 1) / 2.0, part / 2.0), 3857)
    FROM road JOIN road_class USING (kind), generate_series(1, 2) AS part`;

before(async () => {
  await program.start();
  for (const name of ['truck_1', 'truck_2']) {
    await program.get(`/v1/vehicles/${name}`, { method: 'PUT' });
  }
  await program.sql(ROADS);
});

const send = (method, target, body, type = 'application/json') => program.get(target, {
  method, headers: { 'content-type': type }, body: body === undefined ? undefined : JSON.stringify(body),
});
const follow = (page) => program.get(page.body.next.replace(program.base, ''));
const named = (answer) => answer.body.errors?.[0].name;
const changes = () => program.sql("SELECT kind, subject, coalesce(before::text, '-'), coalesce(after::text, '-') FROM rule_change ORDER BY version");
const recomputes = () => program.sql(`SELECT coalesce(v.name, 'all'), from_at, until_at, needs_matching, reason FROM recompute
  LEFT JOIN vehicle v USING (vehicle_id) ORDER BY recompute_id`);
const forget = () => program.sql('DELETE FROM rule_change; DELETE FROM recompute');

test('the fleet and single vehicles have a limit, that is set, read, listed, changed and taken away', async () => {
  assert.equal((await program.get('/v1/rules/speed/fleet')).status, 404);
  const made = await send('PUT', '/v1/rules/speed/fleet', { limit_kmh: 80 });
  assert.equal(made.status, 201, made.text);
  assert.deepEqual([made.body.vehicle, made.body.limit_kmh], [null, 80]);
  assert.deepEqual((await program.get('/v1/rules/speed/fleet')).body, made.body);
  const own = await send('PUT', '/v1/rules/speed/vehicles/truck_2', { limit_kmh: 88.5 });
  assert.deepEqual([own.status, own.body.vehicle, own.body.limit_kmh], [201, 'truck_2', 88.5]);
  await send('PUT', '/v1/rules/speed/vehicles/truck_1', { limit_kmh: 70 });
  const again = await send('PUT', '/v1/rules/speed/vehicles/truck_1', { limit_kmh: 60 });
  assert.deepEqual([again.status, again.body.limit_kmh], [200, 60]);

  const first = await program.get('/v1/rules/speed?limit=1');
  assert.deepEqual(first.body.items, [made.body]);
  const second = await follow(first);
  assert.deepEqual(second.body.items, [again.body]);
  const third = await follow(second);
  assert.deepEqual([third.body.items, third.body.next], [[own.body], null]);
  const csv = await program.get('/v1/rules/speed?f=csv');
  assert.match(csv.text, /^vehicle,limit_kmh,updated_at\r\n,80,.*Z\r\ntruck_1,60,.*Z\r\ntruck_2,88\.5,.*Z\r\n$/);

  assert.equal((await send('DELETE', '/v1/rules/speed/vehicles/truck_1')).status, 204);
  assert.equal((await send('DELETE', '/v1/rules/speed/vehicles/truck_1')).status, 404);
  assert.equal((await program.get('/v1/rules/speed/vehicles/truck_1')).status, 404);
  assert.deepEqual(await changes(), [
    ['speed', 'fleet', '-', '{"limit_kmh": 80}'],
    ['speed', 'vehicle truck_2', '-', '{"limit_kmh": 88.5}'],
    ['speed', 'vehicle truck_1', '-', '{"limit_kmh": 70}'],
    ['speed', 'vehicle truck_1', '{"limit_kmh": 70}', '{"limit_kmh": 60}'],
    ['speed', 'vehicle truck_1', '{"limit_kmh": 60}', '-'],
  ]);
  assert.deepEqual((await recomputes()).map((row) => row.slice(0, 4)), [
    ['all', '-infinity', 'infinity', 'f'], ...['truck_2', 'truck_1', 'truck_1', 'truck_1'].map((name) => [name, '-infinity', 'infinity', 'f'])]);
  await forget();
  await send('PUT', '/v1/rules/speed/fleet', { limit_kmh: 80 });
  assert.deepEqual(await changes(), [], 'the same limit is no change');
  await send('DELETE', '/v1/rules/speed/fleet');
  assert.equal((await recomputes()).length, 1);
  await forget();
});

test('what is no limit is refused, and named', async () => {
  const refusals = [
    [{ limit_kmh: 0 }, 'limit_kmh'], [{ limit_kmh: 301 }, 'limit_kmh'], [{ limit_kmh: '80' }, 'limit_kmh'], [{}, 'limit_kmh'],
    [{ limit_mph: 50 }, 'limit_mph'], [{ limit_kmh: 80, note: 'x' }, 'note'], [[80], '$'],
  ];
  for (const [body, field] of refusals) {
    const answer = await send('PUT', '/v1/rules/speed/fleet', body);
    assert.deepEqual([answer.status, named(answer)], [400, field], JSON.stringify(body));
  }
  assert.equal((await send('PUT', '/v1/rules/speed/fleet', { limit_kmh: 80 }, 'text/plain')).status, 415);
  assert.equal((await send('PUT', '/v1/rules/speed/vehicles/nobody', { limit_kmh: 80 })).status, 404);
  assert.equal(named(await send('PUT', '/v1/rules/speed/vehicles/no%20name', { limit_kmh: 80 })), 'name');
  assert.equal(named(await send('PUT', '/v1/rules/speed/fleet?unit=mph', { limit_kmh: 80 })), 'unit');
  assert.equal((await program.get('/v1/rules/speed/fleet', { method: 'POST' })).status, 405);
  assert.deepEqual(await changes(), []);
});

test('roads are listed with their limits, everywhere and in a box', async () => {
  const all = (await program.get('/v1/roads')).body.items;
  assert.deepEqual(all.map((road) => road.road_id), [4097, 4098, 8193, 8194]);
  assert.deepEqual(all[0], {
    road_id: 4097, way_id: 1, name: 'Main Street', ref: 'US 26', kind: 'primary', oneway: 'no', length_m: 156.25, posted_forward_kmh: 50,
    posted_backward_kmh: 40, estimated_kmh: 90, override: null, limit_source: 'posted',
  });
  assert.deepEqual([all[2].oneway, all[2].posted_forward_kmh, all[2].limit_source, all[2].ref], ['backward', null, null, null]);
  const boxed = await program.get('/v1/roads?bbox=-122.6605,45.4999,-122.6595,45.5001');
  assert.deepEqual(boxed.body.items.map((road) => road.road_id), [4097]);
  assert.deepEqual((await program.get('/v1/roads?bbox=179,-10,-179,10')).body.items, []);
  assert.equal((await program.get('/v1/roads?bbox=170,-90,-122.659,90')).body.items.length, 1, 'across the antimeridian');
  const features = await program.get('/v1/roads?f=geojson&limit=1');
  assert.equal(features.body.features[0].geometry.type, 'LineString');
  assert.deepEqual(features.body.features[0].geometry.coordinates[0], [-122.66, 45.5]);
  assert.equal(features.body.features[0].properties.name, 'Main Street');
  assert.deepEqual((await follow(features)).body.features.map((road) => road.id), [4098]);
  assert.match((await program.get('/v1/roads?f=csv')).text, /^road_id,way_id,.*limit_source\r\n4097,1,Main Street,US 26,primary,no,156\.25,50,40,90,,,,posted\r\n/);
  const one = await program.get('/v1/roads/4098');
  assert.deepEqual([one.body.road_id, one.body.geometry.coordinates.length], [4098, 2]);
  assert.equal((await program.get('/v1/roads/4098?f=geojson')).body.type, 'Feature');
  assert.equal((await program.get('/v1/roads/5')).status, 404);
  assert.equal(named(await program.get('/v1/roads/x')), 'id');
  assert.equal(named(await program.get('/v1/roads?override=some')), 'override');
  assert.equal(named(await program.get('/v1/roads?bbox=1,2,3')), 'bbox');
});

test('an override says why, holds until it is taken away, and has the drives over the road computed anew', async () => {
  await analysed(program); /* or it would take away what is planted */
  await program.sql(`INSERT INTO road_run (vehicle_id, started_at, ended_at, road_id, is_forward, samples)
    SELECT vehicle_id, started_at::timestamptz, started_at::timestamptz + interval '10 s', 4097, true, 3
      FROM vehicle, (VALUES ('truck_1', '2026-03-01 08:00Z'), ('truck_1', '2026-03-01 17:00Z'), ('truck_1', '2026-03-05 08:00Z'),
                            ('truck_2', '2026-03-02 09:00Z')) AS run(name, started_at) WHERE vehicle.name = run.name`);
  const made = await send('PUT', '/v1/roads/4097/override', { limit_kmh: 30, note: ' school, signs of 2026 ' });
  assert.equal(made.status, 201, made.text);
  assert.deepEqual([made.body.override.limit_kmh, made.body.override.note, made.body.limit_source], [30, 'school, signs of 2026', 'override']);
  assert.deepEqual(await recomputes(), [
    ['truck_1', '2026-03-01 08:00:00+00', '2026-03-01 17:00:10.000001+00', 'f', 'road: road 4097'],
    ['truck_1', '2026-03-05 08:00:00+00', '2026-03-05 08:00:10.000001+00', 'f', 'road: road 4097'],
    ['truck_2', '2026-03-02 09:00:00+00', '2026-03-02 09:00:10.000001+00', 'f', 'road: road 4097'],
  ]);
  assert.deepEqual(await changes(), [['road', 'road 4097', '-', '{"note": "school, signs of 2026", "limit_kmh": 30}']]);
  const noted = await send('PUT', '/v1/roads/4097/override', { limit_kmh: 30, note: 'school' });
  assert.deepEqual([noted.status, noted.body.override.note, (await changes()).length], [200, 'school', 1], 'another note changes no figure');
  assert.deepEqual((await program.get('/v1/roads?override=set')).body.items.map((road) => road.road_id), [4097]);

  for (const [body, field] of [[{ limit_kmh: 30 }, 'note'], [{ note: 'x' }, 'limit_kmh'], [{ limit_kmh: 30, note: '  ' }, 'note'], [{ limit: 3 }, 'limit']]) {
    const answer = await send('PUT', '/v1/roads/4097/override', body);
    assert.deepEqual([answer.status, named(answer)], [400, field], JSON.stringify(body));
  }
  assert.equal((await send('PUT', '/v1/roads/5/override', { limit_kmh: 30, note: 'x' })).status, 404);
  assert.equal((await send('DELETE', '/v1/roads/4098/override')).status, 404);
  await forget();
  assert.equal((await send('DELETE', '/v1/roads/4097/override')).status, 204);
  assert.deepEqual((await changes()).map(([kind, subject, , after]) => [kind, subject, after]), [['road', 'road 4097', '-']]);
  assert.equal((await program.get('/v1/roads/4097')).body.override, null);
});

test('an override whose road is gone is listed as lost', async () => {
  await send('PUT', '/v1/roads/8194/override', { limit_kmh: 20, note: 'narrow' });
  await program.sql('DELETE FROM road_segment WHERE road_id = 8194');
  const lost = (await program.get('/v1/roads?override=lost')).body.items;
  assert.deepEqual(lost.map((road) => [road.road_id, road.name, road.oneway, road.override.limit_kmh]), [[8194, 'Cross Street', null, 20]]);
  assert.equal((await program.get('/v1/roads?override=lost&f=geojson')).body.features[0].geometry.type, 'Point');
  assert.equal((await send('DELETE', '/v1/roads/8194/override')).status, 204);
  assert.deepEqual((await program.get('/v1/roads?override=lost')).body.items, []);
});

test('coverage: how much of what was driven had a known limit', async () => {
  await analysed(program);
  await program.sql(`INSERT INTO drive_day (vehicle_id, day, driver_id, distance_m, known_limit_m, over_limit_m, observed_s, moving_s,
      known_limit_s, over_limit_s, samples, max_speed_kmh, revision)
    SELECT vehicle_id, day::date, 0, distance_m, known_m, 0, 3600, 3600, 1800, 0, 100, 90, 1
      FROM vehicle, (VALUES ('truck_1', '2026-03-01', 10000, 9000), ('truck_1', '2026-03-02', 30000, 15000),
                            ('truck_2', '2026-03-02', 20000, 6000)) AS driven(name, day, distance_m, known_m) WHERE vehicle.name = driven.name`);
  const all = await program.get('/v1/roads/coverage?from=2026-03-01&to=2026-03-03');
  assert.equal(all.status, 200, all.text);
  assert.deepEqual([all.body.distance_km, all.body.known_limit_km, all.body.known_limit_share, all.body.observed_h], [60, 30, 0.5, 3]);
  assert.deepEqual(all.body.days.map((day) => [day.day, day.distance_km, day.known_limit_share]), [['2026-03-01', 10, 0.9], ['2026-03-02', 50, 0.42]]);
  const one = await program.get('/v1/roads/coverage?from=2026-03-01&to=2026-03-03&vehicle=truck_2');
  assert.deepEqual([one.body.distance_km, one.body.known_limit_share], [20, 0.3]);
  const none = await program.get('/v1/roads/coverage?from=2025-03-01&to=2025-03-03');
  assert.deepEqual([none.body.distance_km, none.body.known_limit_share, none.body.days], [0, null, []]);
  assert.equal(named(await program.get('/v1/roads/coverage?form=2026-03-01')), 'form');
  assert.equal(named(await program.get('/v1/roads/coverage?from=yesterday')), 'from');
});
