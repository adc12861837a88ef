// Trips and stops as the analysis makes them of events: what the API answers is what PostGIS measures.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { analysed } from './support/analysis.js';
import { Program, iotEvent } from './support/program.js';

const program = new Program();
/** Four hours ago, to the minute. */
const BEGIN_S = Math.floor(Date.now() / 60_000) * 60 - 4 * 3600;
const at = (seconds) => new Date((BEGIN_S + seconds) * 1000).toISOString().replace('.000Z', 'Z');

/** Stands 5 min, drives 30 min through bends, stands 10 min; every 10 s. */
function makeEvents(vehicle) {
  const events = [];
  let lon = -122.7;
  let lat = 45.5;
  for (let seconds = 0; seconds <= 45 * 60; seconds += 10) {
    const drives = seconds > 300 && seconds <= 2100;
    lon += drives ? 0.0015 * Math.cos(seconds / 300) : 0;
    lat += drives ? 0.001 * Math.sin(seconds / 200) : 0;
    events.push(iotEvent({ vehicle, version: seconds / 10 + 1, seconds: BEGIN_S + seconds, lon, lat, speed: drives ? '30' : '0', ignition: '1' }));
  }
  return events;
}

before(async () => {
  await program.start();
  for (const events of [makeEvents('orderly'), makeEvents('backwards').reverse()]) {
    for (let i = 0; i < events.length; i += 90) {
      assert.equal((await program.post(events.slice(i, i + 90))).status, 200);
    }
  }
  await analysed(program);
});

for (const vehicle of ['orderly', 'backwards']) {
  test(`a trip between two stops, its distance as PostGIS measures it (${vehicle})`, async () => {
    const { items: trips } = (await program.get(`/v1/trips?vehicle=${vehicle}`)).body;
    assert.deepEqual(trips.map(({ started_at: start, ended_at: end, end_reason: reason }) => [start, end, reason]), [[at(300), at(2110), 'stop']]);
    const [[metres]] = await program.sql(`SELECT sum(st_distance(geom::geography, before::geography))
      FROM (SELECT geom, lag(geom) OVER (ORDER BY recorded_at) AS before FROM breadcrumb b JOIN vehicle USING (vehicle_id)
             WHERE name = '${vehicle}') steps`);
    const measured = Number(metres);
    assert.ok(measured > 15_000);
    assert.ok(Math.abs(trips[0].distance_m - measured) < measured * 0.001, `${trips[0].distance_m} against ${measured}`);
    assert.equal(trips[0].samples, 182);
    assert.equal(trips[0].moving_s, 1800);
    const { items: stops } = (await program.get(`/v1/stops?vehicle=${vehicle}`)).body;
    assert.deepEqual(stops.map(({ started_at: start, ended_at: end, idling_s: idling, is_open: open }) => [start, end, idling, open]),
      [[at(0), at(300), 300, false], [at(2110), at(2700), 590, true]]);
  });
}

test('the way that was taken begins and ends where the trip does', async () => {
  const [{ geometry, properties }] = (await program.get('/v1/trips?vehicle=orderly&f=geojson')).body.features;
  const line = geometry.coordinates;
  assert.equal(geometry.type, 'LineString');
  assert.ok(line.length > 10 && line.length < 182, 'simplified');
  for (const [position, lon, lat] of [[line[0], properties.started_lon, properties.started_lat], [line.at(-1), properties.ended_lon, properties.ended_lat]]) {
    assert.ok(Math.abs(position[0] - lon) < 2e-6 && Math.abs(position[1] - lat) < 2e-6);
  }
});
