// /v1/geofences and /v1/zones/visits: zones drawn, imported, changed; what each change leaves behind; visits as the analysis leaves them.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { Program } from './support/program.js';
import { plantFleet } from './support/temperature_rows.js';

const program = new Program();
const ZONES = '/v1/geofences';
const VISITS = '/v1/zones/visits';
const square = (west, south, side) => ({
  type: 'Polygon', coordinates: [[[west, south], [west + side, south], [west + side, south + side], [west, south + side], [west, south]]],
});
const bowTie = { type: 'Polygon', coordinates: [[[13, 52], [14, 53], [14, 52], [13, 53], [13, 52]]] };
const send = (method, target, body, type = 'application/json') => program.get(target, {
  method, headers: { 'content-type': type }, body: typeof body === 'string' ? body : JSON.stringify(body),
});
const put = (name, body, type) => send('PUT', `${ZONES}/${encodeURIComponent(name)}`, body, type);
const feature = (name, geometry, properties = {}) => ({ type: 'Feature', geometry, properties: { name, ...properties } });
const recomputes = () => program.sql(`SELECT coalesce(v.name, 'all'), r.needs_matching FROM recompute r LEFT JOIN vehicle v USING (vehicle_id)
  WHERE reason LIKE 'zone%' ORDER BY recompute_id`);
const forget = () => program.sql('DELETE FROM recompute; DELETE FROM rule_change');

before(async () => {
  await program.start();
  const place = (vehicle, seconds, lat, lon) => ({ thingName: vehicle, latitude: lat, longitude: lon, timestamp: Math.floor(Date.now() / 1000) - seconds });
  await program.post([place('in_berlin', 600, 52.505, 13.405), place('in_berlin', 540, 52.506, 13.406), place('in_paris', 600, 48.85, 2.35)]);
});

test('a zone is drawn, read, listed, changed and taken away', async () => {
  assert.deepEqual((await program.get(ZONES)).body, { items: [], next: null });
  const made = await put('Depot & Hof', { geometry: square(13.4, 52.5, 0.01), limit_kmh: 20, alert_enter: true, dwell_s: 3600, color: '#1a73e8' });
  assert.equal(made.status, 201, made.text);
  const { geofence_id: id, created_at: created, updated_at: updated, area_m2: area, ...rest } = made.body;
  assert.ok(id > 0 && created === updated && area > 700_000 && area < 800_000);
  assert.deepEqual(rest, {
    name: 'Depot & Hof', limit_kmh: 20, alert_enter: true, alert_exit: false, dwell_s: 3600, color: '#1a73e8', corners: 5,
    bbox: [13.4, 52.5, 13.41, 52.51],
    geometry: { type: 'MultiPolygon', coordinates: [square(13.4, 52.5, 0.01).coordinates.map((ring) => ring.map((p) => p.map((n) => Number(n.toFixed(7)))))] },
  });
  assert.deepEqual((await program.get(`${ZONES}/Depot%20%26%20Hof`)).body, made.body);
  const { geometry, ...listed } = made.body;
  assert.deepEqual((await program.get(ZONES)).body.items, [listed]);

  const changed = await put('Depot & Hof', { limit_kmh: 30 });
  assert.equal(changed.status, 200);
  assert.deepEqual([changed.body.geofence_id, changed.body.geometry, changed.body.limit_kmh, changed.body.dwell_s, changed.body.alert_enter],
    [id, geometry, 30, null, false], 'the outline stays, what is not said has its default');

  const asFeature = (await program.get(`${ZONES}/Depot%20%26%20Hof?f=geojson`)).body;
  assert.deepEqual([asFeature.type, asFeature.geometry, asFeature.properties.name], ['Feature', geometry, 'Depot & Hof']);
  assert.equal((await put('copy', JSON.stringify(asFeature), 'application/geo+json')).status, 201, 'what is given can be taken');
  for (const name of ['copy', 'Depot & Hof']) {
    assert.equal((await send('DELETE', `${ZONES}/${encodeURIComponent(name)}`)).status, 204);
  }
  assert.equal((await program.get(`${ZONES}/copy`)).status, 404);
  assert.equal((await send('DELETE', `${ZONES}/copy`)).status, 404);
});

test('a change computes anew what it concerns, and nothing else', async () => {
  await forget();
  await put('here', { geometry: square(13.4, 52.5, 0.01), limit_kmh: 20 });
  assert.deepEqual(await recomputes(), [['in_berlin', 'f']], 'those that were there');
  await put('here', { geometry: square(13.4, 52.5, 0.01), limit_kmh: 20 });
  assert.equal((await recomputes()).length, 1, 'what changes nothing is no change');
  await put('here', { limit_kmh: 20, color: '#000000', alert_exit: true });
  assert.equal((await recomputes()).length, 1, 'how it looks and what it says concerns no derived row');
  assert.equal((await program.sql('SELECT 1 FROM rule_change WHERE kind = \'zone\'')).length, 2, 'but is a version of the rules');
  await put('here', { geometry: square(2.3, 48.8, 0.1), limit_kmh: 20 });
  assert.deepEqual((await recomputes()).slice(1).map(([name]) => name).sort(), ['in_berlin', 'in_paris'], 'where it was, and where it is');
  await put('here', { geometry: square(-20, 30, 30) });
  assert.deepEqual((await recomputes()).at(-1), ['all', 'f'], 'a zone of half a continent');
  await put('nowhere', { geometry: square(-150, 0, 0.1) });
  await send('DELETE', `${ZONES}/nowhere`);
  assert.equal((await recomputes()).length, 4, 'nobody was there');
  await send('DELETE', `${ZONES}/here`);
  assert.deepEqual((await recomputes()).at(-1), ['all', 'f']);
});

test('many are imported at once, or none', async () => {
  await forget();
  const many = { type: 'FeatureCollection', features: Array.from({ length: 40 }, (_, i) => feature(`zone ${i}`, square(13 + i / 100, 52.5, 0.008), { limit_kmh: 30, owner: 'x' })) };
  const answer = await send('POST', ZONES, many, 'application/geo+json');
  assert.deepEqual([answer.status, answer.body], [200, { created: 40, changed: 0, unchanged: 0 }], answer.text);
  assert.deepEqual(await recomputes(), [['in_berlin', 'f']], 'once, however many zones');
  many.features[3].properties.limit_kmh = 50;
  assert.deepEqual((await send('POST', ZONES, many)).body, { created: 0, changed: 1, unchanged: 39 });
  const broken = { type: 'FeatureCollection', features: [feature('good', square(1, 1, 1)), feature('bad', bowTie)] };
  const refused = await send('POST', ZONES, broken);
  assert.deepEqual([refused.status, refused.body.errors[0].name], [400, 'features[1].geometry']);
  assert.match(refused.body.errors[0].reason, /^Self-intersection at longitude 13\.5, latitude 52\.5$/);
  assert.equal((await program.get(`${ZONES}/good`)).status, 404);
  const all = (await program.get(`${ZONES}?f=geojson`)).body;
  assert.equal(all.features.length, 40);
  const again = { ...all, features: all.features.map(({ geometry, properties }) => ({ type: 'Feature', geometry, properties: { NAME: `${properties.name} b` } })) };
  assert.deepEqual((await send('POST', `${ZONES}?name=NAME`, again)).body, { created: 40, changed: 0, unchanged: 0 });
});

test('pages and formats', async () => {
  let target = `${ZONES}?limit=30`;
  const names = [];
  while (target !== null) {
    const { body } = await program.get(target);
    names.push(...body.items.map((zone) => zone.name));
    target = body.next && new URL(body.next).pathname + new URL(body.next).search;
  }
  assert.equal(names.length, 80);
  assert.equal(new Set(names).size, 80);
  const csv = (await program.get(`${ZONES}?f=csv`)).text.split('\r\n');
  assert.equal(csv.length, 82);
  assert.match(csv[1], /^\d+,zone 0,30,false,false,,,[\d.]+,5,13,52.5,13.008,52.508,/);
  assert.equal((await program.get(`${ZONES}?f=ndjson`)).text.trim().split('\n').length, 80);
  assert.match((await program.get(`${ZONES}/zone%200`, { method: 'OPTIONS' })).headers.get('allow'), /PUT/);
});

test('what is wrong is named', async () => {
  for (const [body, name, reason] of [
    [{ geometry: bowTie }, 'geometry', /^Self-intersection at longitude 13\.5, latitude 52\.5$/],
    [{ limit_kmh: 20 }, 'geometry', /a new zone needs its outline/],
    [{ geometry: { type: 'Point', coordinates: [13, 52] } }, 'geometry.type', /Polygon or MultiPolygon/],
    [{ geometry: { type: 'Polygon', coordinates: [[[13, 52], [13, 53], [13, 54], [13, 52]]] } }, 'geometry', /./],
    [{ geometry: square(0, 0, 1), speed: 3 }, 'speed', /unknown/],
    [{ geometry: square(0, 0, 1), dwell_s: -1 }, 'dwell_s', /./],
  ]) {
    const answer = await put('wrong', body);
    assert.equal(answer.status, 400, answer.text);
    assert.equal(answer.body.errors[0].name, name, answer.text);
    assert.match(answer.body.errors[0].reason, reason);
  }
  assert.equal((await put('wrong', { geometry: square(0, 0, 1) }, 'text/plain')).status, 415);
  assert.equal((await program.get(`${ZONES}/wrong`)).status, 404);
  assert.equal((await program.get(`${ZONES}?x=1`)).status, 400);
  assert.equal((await program.get(`${ZONES}?f=gpx`)).status, 406);
  assert.equal((await send('POST', ZONES, { type: 'FeatureCollection', features: [] })).body.errors[0].name, 'features');
});

test('visits, newest first, with filters', async () => {
  await plantFleet(program, [['v1', null, null], ['v2', null, null]]);
  await program.sql(`INSERT INTO zone_visit (vehicle_id, geofence_id, entered_at, exited_at, samples, is_open, revision)
    SELECT v.vehicle_id, g.geofence_id, '2026-03-01Z'::timestamptz + entered * interval '1 hour', '2026-03-01Z'::timestamptz + exited * interval '1 hour', 7, is_open, 1
      FROM (VALUES ('v1', 'zone 1', 0, 1, false), ('v1', 'zone 2', 2, 3, false), ('v2', 'zone 1', 4, 4.5, true)) AS t (vehicle, zone, entered, exited, is_open)
      JOIN vehicle v ON v.name = t.vehicle JOIN geofence g ON g.name = t.zone`);
  const listed = async (query) => (await program.get(`${VISITS}?vehicle=v1&vehicle=v2&${query}`)).body.items.map((visit) => `${visit.vehicle} ${visit.zone}`);
  assert.deepEqual(await listed(''), ['v2 zone 1', 'v1 zone 2', 'v1 zone 1']);
  assert.deepEqual(await listed('zone=zone%201'), ['v2 zone 1', 'v1 zone 1']);
  assert.deepEqual(await listed('zone=zone%202&zone=none'), ['v1 zone 2']);
  assert.deepEqual(await listed('open=true'), ['v2 zone 1']);
  assert.deepEqual(await listed('open=false'), ['v1 zone 2', 'v1 zone 1']);
  assert.deepEqual(await listed('from=2026-03-01T02:30:00Z&to=2026-03-01T03:30:00Z'), ['v1 zone 2']);
  assert.deepEqual((await program.get(`${VISITS}?vehicle=v1&zone=zone%201`)).body.items, [{
    vehicle: 'v1', zone: 'zone 1', entered_at: '2026-03-01T00:00:00Z', exited_at: '2026-03-01T01:00:00Z', duration_s: 3600, samples: 7,
    is_open: false, revision: 1,
  }]);
  const first = (await program.get(`${VISITS}?vehicle=v1&limit=1`)).body;
  assert.deepEqual((await program.get(new URL(first.next).pathname + new URL(first.next).search)).body.items.map((visit) => visit.zone), ['zone 1']);
  assert.match((await program.get(`${VISITS}?vehicle=v1&f=csv`)).text, /^vehicle,zone,entered_at,.*\r\nv1,zone 2,2026-03-01T02:00:00Z,2026-03-01T03:00:00Z,3600,7,false,1\r\n/);
  for (const [query, name] of [['open=1', 'open'], ['zone=', 'zone'], ['cursor=x', 'cursor'], ['y=1', 'y'], ['vehicle=a%20b', 'vehicle']]) {
    assert.equal((await program.get(`${VISITS}?${query}`)).body.errors[0].name, name);
  }
});
