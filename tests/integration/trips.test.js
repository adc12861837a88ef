// GET /v1/trips and /v1/stops: which of them a range holds, whose, in every format.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { Program } from './support/program.js';
import { plantBreadcrumbs, plantDrivers, plantVehicles } from './support/speeding_rows.js';
import { plantStops, plantTrips } from './support/trip_rows.js';

const program = new Program();
const DAY = '2026-03-29';

before(async () => {
  await program.start();
  await plantVehicles(program, ['van_1', 'van_2', 'ferry']);
  await plantDrivers(program, [{ id: 7, name: 'Ann' }, { id: 8, name: '=Bob, "B"' }]);
  await plantTrips(program, [
    { vehicle: 'van_1', at: `${DAY}T06:00:00Z`, driver: 7 },
    { vehicle: 'van_1', at: `${DAY}T07:50:00Z`, seconds: 1200, driver: 8, metres: 12345.67, end: 2 },
    { vehicle: 'van_1', at: `${DAY}T09:00:00Z`, driver: 7 },
    { vehicle: 'van_2', at: `${DAY}T05:00:00Z`, seconds: 6 * 3600 },
    { vehicle: 'van_2', at: `${DAY}T12:00:00Z`, end: 0 },
    { vehicle: 'ferry', at: `${DAY}T08:00:00Z`, lon: 179.99, lat: -17, lonEnd: -179.99 },
  ]);
  await plantStops(program, [
    { vehicle: 'van_1', at: '2026-01-01T00:00:00Z', seconds: 7.7e6 },
    { vehicle: 'van_1', at: `${DAY}T08:10:00Z`, seconds: 3000, lon: 10.5, lat: 50.25 },
    { vehicle: 'van_2', at: `${DAY}T11:00:00Z`, seconds: 0, open: true },
  ]);
  await plantBreadcrumbs(program, [
    { vehicle: 'van_1', at: `${DAY}T07:49:59Z`, lon: -122 },
    { vehicle: 'van_1', at: `${DAY}T07:50:00Z`, lon: -122.68 },
    { vehicle: 'van_1', at: `${DAY}T07:55:00Z`, lon: 3, flags: 8 },
    { vehicle: 'van_1', at: `${DAY}T08:00:00Z`, lon: -122.67 },
    { vehicle: 'van_1', at: `${DAY}T08:01:00Z`, lon: -122.665 },
    { vehicle: 'van_1', at: `${DAY}T08:10:00Z`, lon: -122.66, lat: 45.53 },
    { vehicle: 'ferry', at: `${DAY}T08:00:00Z`, lon: 179.99, lat: -17 },
    { vehicle: 'ferry', at: `${DAY}T08:10:00Z`, lon: -179.99, lat: -17 },
  ]);
});

async function list(what, query) {
  const answer = await program.get(`/v1/${what}?${query}`);
  assert.equal(answer.status, 200, answer.text);
  return answer.body.items.map((item) => `${item.vehicle} ${item.started_at.slice(11, 16)}`);
}

test('a trip says everything about itself', async () => {
  const { body } = await program.get('/v1/trips?driver=%3DBob%2C%20%22B%22');
  const [{ vehicle_id: vehicleId, ...rest }] = body.items;
  assert.ok(vehicleId > 0);
  assert.deepEqual(rest, {
    vehicle: 'van_1', started_at: `${DAY}T07:50:00Z`, ended_at: `${DAY}T08:10:00Z`, driver_id: 8, driver: '=Bob, "B"', duration_s: 1200,
    distance_m: 12345.7, moving_s: 600, max_speed_kmh: 80, samples: 60, started_lon: -122.68, started_lat: 45.52, ended_lon: -122.63,
    ended_lat: 45.52, end_reason: 'ignition', is_open: false, revision: 1,
  });
  assert.equal(body.next, null);
});

test('a stop says everything about itself', async () => {
  const { body } = await program.get(`/v1/stops?from=${DAY}T08:30:00Z&to=${DAY}T08:31:00Z`);
  const [{ vehicle_id: vehicleId, ...rest }] = body.items;
  assert.ok(vehicleId > 0);
  assert.deepEqual(rest, {
    vehicle: 'van_1', started_at: `${DAY}T08:10:00Z`, ended_at: `${DAY}T09:00:00Z`, duration_s: 3000, idling_s: 750, samples: 60, lon: 10.5,
    lat: 50.25, is_open: false, revision: 1,
  });
});

test('what a range holds in part is listed, oldest first', async () => {
  const all = ['van_2 05:00', 'van_1 06:00', 'van_1 07:50', 'ferry 08:00', 'van_1 09:00', 'van_2 12:00'];
  assert.deepEqual(await list('trips', ''), all);
  assert.deepEqual(await list('trips', `from=${DAY}T08:00:00Z&to=${DAY}T09:00:00Z`), ['van_2 05:00', 'van_1 07:50', 'ferry 08:00']);
  assert.deepEqual(await list('trips', `from=${DAY}T08:10:00Z&to=${DAY}T09:00:00.001Z`), ['van_2 05:00', 'van_1 09:00'], 'what ended at from has no part in it');
  assert.deepEqual(await list('trips', `from=${DAY}T11:00:00Z`), ['van_2 12:00']);
  assert.deepEqual(await list('trips', `to=${DAY}T06:00:00Z`), ['van_2 05:00']);
  assert.deepEqual(await list('stops', `from=${DAY}T00:00:00Z`), ['van_1 00:00', 'van_1 08:10', 'van_2 11:00'], 'standing for months');
  assert.deepEqual(await list('stops', `from=${DAY}T10:59:59Z&to=${DAY}T11:00:01Z`), ['van_2 11:00'], 'of no duration');
});

test('vehicles and drivers', async () => {
  const range = `from=${DAY}T08:00:00Z`;
  assert.deepEqual(await list('trips', `${range}&vehicle=van_1`), ['van_1 07:50', 'van_1 09:00']);
  assert.deepEqual(await list('trips', `${range}&vehicle=van_1&vehicle=ferry`), ['van_1 07:50', 'ferry 08:00', 'van_1 09:00']);
  assert.deepEqual(await list('trips', `${range}&driver=Ann`), ['van_1 09:00'], 'not the one before, which is another driver');
  assert.deepEqual(await list('trips', `${range}&vehicle=van_1&driver=Ann`), ['van_1 09:00']);
  assert.deepEqual(await list('trips', `${range}&driver=`), ['van_2 05:00', 'ferry 08:00', 'van_2 12:00'], 'nobody is known to have driven');
  assert.deepEqual(await list('trips', `${range}&vehicle=nobody`), []);
  assert.deepEqual(await list('stops', `${range}&vehicle=van_2`), ['van_2 11:00']);
  assert.deepEqual(await list('stops', `from=${DAY}T08:30:00Z&vehicle=van_1`), ['van_1 08:10']);
});

test('pages follow each other', async () => {
  for (const [what, query, count] of [['trips', `from=${DAY}T08:00:00Z`, 5], ['trips', 'vehicle=van_1', 3], ['stops', `from=${DAY}T00:00:00Z`, 3]]) {
    const seen = [];
    let url = `${program.base}/v1/${what}?${query}&limit=1`;
    while (url) {
      const page = await (await fetch(url)).json();
      assert.equal(page.items.length, 1);
      seen.push(`${page.items[0].vehicle} ${page.items[0].started_at.slice(11, 16)}`);
      url = page.next;
    }
    assert.equal(seen.length, count);
    assert.deepEqual(seen, await list(what, query));
  }
});

test('the way of a trip on the map', async () => {
  const { body } = await program.get(`/v1/trips?from=${DAY}T08:00:00Z&to=${DAY}T08:30:00Z&f=geojson`);
  assert.equal(body.type, 'FeatureCollection');
  const [none, simplified, parted] = body.features;
  assert.deepEqual(none.geometry, { type: 'LineString', coordinates: [[-122.68, 45.52], [-122.63, 45.52]] }, 'its breadcrumbs are no longer there');
  assert.deepEqual(simplified.geometry, { type: 'LineString', coordinates: [[-122.68, 45.52], [-122.665, 45.52], [-122.66, 45.53]] });
  assert.equal(simplified.properties.vehicle, 'van_1');
  assert.equal(parted.geometry.type, 'MultiLineString');
  assert.deepEqual(parted.geometry.coordinates.map((line) => line.map(([lon]) => Math.sign(lon) * Math.round(Math.abs(lon)))), [[180, 180], [-180, -180]]);
});

test('the place of a stop on the map', async () => {
  const { body } = await program.get(`/v1/stops?vehicle=van_1&from=${DAY}T08:30:00Z&f=geojson`);
  assert.deepEqual(body.features.map(({ geometry }) => geometry), [{ type: 'Point', coordinates: [10.5, 50.25] }]);
});

test('CSV and lines of JSON', async () => {
  const csv = (await program.get(`/v1/trips?from=${DAY}T07:00:00Z&vehicle=van_1&f=csv`)).text.split('\r\n');
  assert.equal(csv[0], 'vehicle_id,vehicle,started_at,ended_at,driver_id,driver,duration_s,distance_m,moving_s,max_speed_kmh,samples,started_lon,started_lat,ended_lon,ended_lat,end_reason,is_open,revision');
  assert.match(csv[1], /^\d+,van_1,2026-03-29T07:50:00Z,2026-03-29T08:10:00Z,8,"'=Bob, ""B""",1200,12345.7,600,80,60,-122.68,45.52,-122.63,45.52,ignition,false,1$/);
  assert.equal(csv.length, 4);
  const stops = (await program.get('/v1/stops?vehicle=van_2&f=csv')).text.split('\r\n');
  assert.equal(stops[0], 'vehicle_id,vehicle,started_at,ended_at,duration_s,idling_s,samples,lon,lat,is_open,revision');
  assert.match(stops[1], /^\d+,van_2,2026-03-29T11:00:00Z,2026-03-29T11:00:00Z,0,0,60,-122.68,45.52,true,1$/);
  const lines = (await program.get('/v1/trips?f=ndjson')).text.trim().split('\n').map((line) => JSON.parse(line));
  assert.equal(lines.length, 6);
});

test('bad input names the parameter', async () => {
  for (const [path, field] of [['trips?from=yesterday', 'from'], [`trips?from=${DAY}T08:00:00Z&to=${DAY}T08:00:00Z`, 'to'], ['trips?limit=0', 'limit'],
    ['trips?tz=UTC', 'tz'], ['stops?driver=Ann', 'driver'], ['stops?vehicle=a%20b', 'vehicle'], ['stops?cursor=x', 'cursor']]) {
    const answer = await program.get(`/v1/${path}`);
    assert.equal(answer.status, 400, path);
    assert.equal(answer.body.errors[0].name, field, path);
  }
});

test('HEAD and OPTIONS', async () => {
  for (const path of ['/v1/trips', '/v1/stops']) {
    assert.equal((await program.get(path, { method: 'HEAD' })).status, 200);
    const options = await program.get(path, { method: 'OPTIONS' });
    assert.equal(options.status, 204);
    assert.match(options.headers.get('allow'), /GET/);
  }
});
