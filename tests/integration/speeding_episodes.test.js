// GET /v1/speeding/episodes with its filters, one episode with its breadcrumbs, and reviews.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { Program } from './support/program.js';
import { plantBreadcrumbs, plantDrivers, plantEpisodes, plantVehicles } from './support/speeding_rows.js';

const program = new Program();
const LIST = '/v1/speeding/episodes';
const ALL = 'from=2026-03-01&to=2026-04-01&tolerance_kmh=0&min_duration_s=0&min_samples=1';

before(async () => {
  await program.start();
  await plantVehicles(program, ['van_1', 'van_2', 'van_3', 'ferry']);
  await plantDrivers(program, [{ id: 7, name: 'Ann' }, { id: 8, name: '=Bob, "B"' }]);
  await plantEpisodes(program, [
    { vehicle: 'van_3', at: '2026-03-28T22:59:59Z', excess: 12, driver: 7 },
    { vehicle: 'van_1', at: '2026-03-28T23:00:00Z', excess: 25, driver: 7 },
    { vehicle: 'van_1', at: '2026-03-29T12:00:00Z', excess: 41, driver: 8, end: 3, source: 2 },
    { vehicle: 'van_2', at: '2026-03-29T12:00:00Z', excess: 5, samples: 2 },
    { vehicle: 'van_2', at: '2026-03-29T21:59:59Z', excess: 9, samples: 1, seconds: 0, quality: 1 },
    { vehicle: 'van_2', at: '2026-03-29T22:00:00Z', excess: 10, samples: 9, gap: 61, quality: 2 },
    { vehicle: 'ferry', at: '2026-03-30T12:00:00Z', excess: 15, lon: 179.99, lat: -17, end: 0 },
  ]);
  await plantBreadcrumbs(program, [
    { vehicle: 'van_1', at: '2026-03-29T11:59:55Z', speed: 70 },
    { vehicle: 'van_1', at: '2026-03-29T12:00:00Z', speed: 110, lon: -122.68 },
    { vehicle: 'van_1', at: '2026-03-29T12:00:05Z', speed: 300, flags: 4, lon: -122 },
    { vehicle: 'van_1', at: '2026-03-29T12:00:10Z', speed: 121, lon: -122.67 },
    { vehicle: 'van_1', at: '2026-03-29T12:00:20Z', speed: 118, lon: -122.66 },
    { vehicle: 'van_1', at: '2026-03-29T12:00:25Z', speed: 70 },
    { vehicle: 'ferry', at: '2026-03-30T12:00:00Z', lon: 179.99, lat: -17 },
    { vehicle: 'ferry', at: '2026-03-30T12:00:10Z', lon: 179.999, lat: -17 },
    { vehicle: 'ferry', at: '2026-03-30T12:00:20Z', lon: -179.99, lat: -17 },
  ]);
});

async function starts(query) {
  const answer = await program.get(`${LIST}?${query}`);
  assert.equal(answer.status, 200, answer.text);
  return answer.body.items.map((item) => `${item.vehicle} ${item.started_at.slice(5, 16)}`);
}

test('an episode says everything about itself', async () => {
  const { body } = await program.get(`${LIST}?${ALL}&vehicle=van_1&driver=%3DBob%2C%20%22B%22`);
  const [{ id, vehicle_id: vehicleId, ...rest }] = body.items;
  assert.ok(id > 0 && vehicleId > 0);
  assert.deepEqual(rest, {
    vehicle: 'van_1', driver_id: 8, driver: '=Bob, "B"', started_at: '2026-03-29T12:00:00Z', ended_at: '2026-03-29T12:00:20Z', duration_s: 20,
    before_s: 5, after_s: 5, distance_m: 500, samples: 5, largest_gap_s: 5, max_speed_kmh: 121, mean_speed_kmh: 100.5, p95_speed_kmh: 121,
    limit_kmh: 80, limit_source: 'posted', max_excess_kmh: 41, mean_excess_kmh: 20.5, excess_integral_kmh_s: 820, band: 'extreme',
    has_jump: false, is_estimated: false, is_strict: true, end_reason: 'limit', road: null, zone: null, started_lon: -122.68,
    started_lat: 45.52, peak_at: '2026-03-29T12:00:00Z', peak_lon: -122.68, peak_lat: 45.52, ended_lon: -122.67, ended_lat: 45.52,
    is_open: false, review: 'open', review_note: null, reviewed_by: null, reviewed_at: null, revision: 1, rule_version: 0,
  });
  assert.equal(body.next, null);
});

test('days are local days, the one that loses an hour too', async () => {
  assert.deepEqual(await starts('from=2026-03-29&to=2026-03-30&tz=Europe/Berlin&tolerance_kmh=0&min_duration_s=0&min_samples=1'),
    ['van_1 03-28T23:00', 'van_1 03-29T12:00', 'van_2 03-29T12:00', 'van_2 03-29T21:59']);
  assert.deepEqual(await starts('from=2026-03-28T22:59:59Z&to=2026-03-28T23:00:00Z'), ['van_3 03-28T22:59']);
});

test('filters', async () => {
  const range = 'from=2026-03-01&to=2026-04-01';
  assert.equal((await starts(ALL)).length, 7);
  assert.equal((await starts(range)).length, 5, 'tolerance 5 km/h, 10 s and 2 breadcrumbs unless asked otherwise');
  assert.deepEqual(await starts(`${range}&strict=true&vehicle=van_2&tolerance_kmh=0`), ['van_2 03-29T12:00'], 'no jump, no single, no long gap');
  assert.deepEqual(await starts(`${range}&tolerance_kmh=25`), ['van_1 03-29T12:00'], 'more than the tolerance');
  assert.deepEqual(await starts(`${range}&tolerance_kmh=24.9&band=severe`), ['van_1 03-28T23:00']);
  assert.deepEqual(await starts(`${range}&band=severe&band=extreme&driver=Ann`), ['van_1 03-28T23:00']);
  assert.deepEqual(await starts(`${range}&driver=`), ['van_2 03-29T22:00', 'ferry 03-30T12:00'], 'nobody is known to have driven');
  assert.deepEqual(await starts(`${range}&min_samples=6`), ['van_2 03-29T22:00']);
  assert.deepEqual(await starts(`${range}&min_duration_s=20.5`), []);
  assert.deepEqual(await starts(`${range}&vehicle=nobody`), []);
  assert.deepEqual(await starts(`${range}&driver=nobody`), []);
  assert.deepEqual((await starts(`${range}&sort=worst&limit=2`)), ['van_1 03-29T12:00', 'van_1 03-28T23:00']);
});

test('pages follow each other, by time and by excess', async () => {
  for (const sort of ['time', 'worst']) {
    const seen = [];
    let url = `${program.base}${LIST}?${ALL}&sort=${sort}&limit=2`;
    while (url) {
      const page = await (await fetch(url)).json();
      seen.push(...page.items.map(({ id }) => id));
      url = page.next;
    }
    const whole = (await program.get(`${LIST}?${ALL}&sort=${sort}`)).body.items;
    assert.deepEqual(seen, whole.map(({ id }) => id));
    assert.equal(new Set(seen).size, 7);
  }
});

test('every error names its parameter', async () => {
  for (const [query, name] of [['tz=Mars/Olympus', 'tz'], ['tz=', 'tz'], ['from=yesterday', 'from'], ['to=2026-02-30', 'to'], ['range=soon', 'range'],
    ['range=today&from=2026-01-01', 'range'], ['from=2026-02-01&to=2026-02-01', 'to'], ['from=2000-01-01&to=2026-02-01', 'to'],
    ['from=2000-01-01&to=9999-12-31', 'to'], ['from=2000-01-01T00:00:00Z&to=9999-12-31T00:00:00Z', 'to'],
    ['tolerance_kmh=-1', 'tolerance_kmh'], ['tolerance_kmh=x', 'tolerance_kmh'], ['min_duration_s=nan', 'min_duration_s'], ['min_samples=0', 'min_samples'],
    ['strict=maybe', 'strict'], ['band=mild', 'band'], ['review=lost', 'review'], ['vehicle=a%20b', 'vehicle'], ['driver=%ff', 'driver'],
    ['sort=name', 'sort'], ['limit=0', 'limit'], ['cursor=x', 'cursor'], ['colour=red', 'colour'], ['strict=true&strict=true', 'strict']]) {
    const { status, body } = await program.get(`${LIST}?${query}`);
    assert.equal(status, 400, query);
    assert.equal(body.errors[0].name, name, query);
  }
  assert.equal((await program.get(`${LIST}?f=gpx`)).status, 406);
  assert.equal((await program.get(`${LIST}/0`)).status, 400);
  assert.equal((await program.get(`${LIST}/99999`)).status, 404);
});

test('ranges have names', async () => {
  const now = new Date();
  const noon = (days) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + days, 0, 0, 1)).toISOString();
  await plantVehicles(program, ['recent']);
  await plantEpisodes(program, [0, -1, -6, -7, -29, -30, -89, -90].map((days) => ({ vehicle: 'recent', at: noon(days), excess: 20 })));
  const count = async (range) => (await starts(`range=${range}&vehicle=recent&tz=UTC`)).length;
  assert.deepEqual([await count('today'), await count('yesterday'), await count('last_7_days'), await count('last_30_days'), await count('last_90_days')],
    [1, 1, 3, 5, 7]);
  assert.equal((await starts('vehicle=recent&tz=UTC')).length, 5, 'the last 30 days unless asked otherwise');
  for (const range of ['this_week', 'last_week', 'this_month', 'last_month']) {
    assert.ok(await count(range) >= 0);
  }
});

test('CSV, NDJSON and GeoJSON', async () => {
  const csv = await program.get(`${LIST}?${ALL}&f=csv`);
  const lines = csv.text.trim().split('\r\n');
  assert.equal(lines.length, 8);
  assert.match(lines[0], /^id,vehicle_id,vehicle,driver_id,driver,started_at,.*,rule_version$/);
  assert.match(lines[3], /,"'=Bob, ""B""",2026-03-29T12:00:00Z,/, 'guarded against formulas');
  assert.equal((await program.get(`${LIST}?${ALL}&f=ndjson`)).text.trim().split('\n').length, 7);
  const { body, headers } = await program.get(`${LIST}?${ALL}&f=geojson`);
  assert.equal(headers.get('content-type'), 'application/geo+json');
  assert.equal(body.type, 'FeatureCollection');
  const lineOf = (vehicle, at) => body.features.find(({ properties }) => properties.vehicle === vehicle && properties.started_at === at).geometry;
  assert.deepEqual(lineOf('van_1', '2026-03-29T12:00:00Z'),
    { type: 'LineString', coordinates: [[-122.68, 45.52], [-122.67, 45.52], [-122.66, 45.52]] }, 'of the breadcrumbs, without flagged ones');
  assert.deepEqual(lineOf('van_2', '2026-03-29T12:00:00Z'), { type: 'Point', coordinates: [-122.68, 45.52] });
  assert.deepEqual(lineOf('ferry', '2026-03-30T12:00:00Z'),
    { type: 'MultiLineString', coordinates: [[[179.99, -17], [179.999, -17]], [[-179.99, -17], [-179.99, -17]]] });
  assert.equal((await program.get(`${LIST}?${ALL}&f=geojson&limit=3`)).body.features.length, 3);
});

async function find(vehicle, at) {
  return (await program.get(`${LIST}?${ALL}&vehicle=${vehicle}`)).body.items.find(({ started_at: start }) => start === at);
}

test('one episode comes with its breadcrumbs', async () => {
  const { id } = await find('van_1', '2026-03-29T12:00:00Z');
  const { body } = await program.get(`${LIST}/${id}`);
  assert.equal(body.id, id);
  assert.deepEqual(body.breadcrumbs.map(({ recorded_at: at, speed_kmh: speed, excess_kmh: excess }) => [at.slice(17, 19), speed, excess]),
    [['00', 110, 30], ['10', 121, 41], ['20', 118, 38]]);
  assert.deepEqual(body.reviews, []);
  const feature = (await program.get(`${LIST}/${id}?f=geojson`)).body;
  assert.equal(feature.type, 'Feature');
  assert.equal(feature.geometry.coordinates.length, 3);
});

function patch(id, body, type = 'application/json') {
  return program.get(`${LIST}/${id}`, { method: 'PATCH', headers: { 'content-type': type }, body: typeof body === 'string' ? body : JSON.stringify(body) });
}

test('a review is kept with its history, leaves the strict figures, and survives recomputing', async () => {
  const { id } = await find('van_1', '2026-03-28T23:00:00Z');
  const first = await patch(id, { review: 'confirmed', note: 'saw it', reviewed_by: 'dora' });
  assert.equal(first.status, 200, first.text);
  assert.deepEqual([first.body.review, first.body.review_note, first.body.is_strict], ['confirmed', 'saw it', true]);
  assert.equal((await patch(id, { review: 'excused', note: null })).body.is_strict, false);
  const { body } = await program.get(`${LIST}/${id}`);
  assert.deepEqual(body.reviews.map(({ review, note, reviewed_by: who }) => [review, note, who]),
    [['excused', null, null], ['confirmed', 'saw it', 'dora']]);
  assert.ok(Date.parse(body.reviewed_at) > Date.now() - 60_000);
  const range = 'from=2026-03-28&to=2026-03-29&tz=UTC';
  assert.equal((await starts(range)).length, 2, 'it stays listed');
  assert.deepEqual(await starts(`${range}&strict=true`), ['van_3 03-28T22:59']);
  assert.deepEqual(await starts(`${range}&review=excused&review=disputed`), ['van_1 03-28T23:00']);
  // As the analysis does it: the row goes, another that overlaps it comes.
  await program.sql(`CREATE TEMP TABLE gone AS SELECT * FROM speeding_episode WHERE episode_id = ${id};
    DELETE FROM speeding_episode WHERE episode_id = ${id};
    UPDATE gone SET episode_id = ${id} + 1000, revision = 2, started_at = started_at + interval '5 s', ended_at = ended_at + interval '30 s';
    INSERT INTO speeding_episode SELECT * FROM gone`);
  assert.equal((await program.get(`${LIST}/${id}`)).status, 404);
  const recomputed = await program.get(`${LIST}/${id + 1000}`);
  assert.equal(recomputed.body.review, 'excused');
  assert.equal(recomputed.body.reviews.length, 2);
});

test('reviews that make no sense are refused', async () => {
  const { id } = await find('van_2', '2026-03-29T12:00:00Z');
  for (const [body, name] of [[{}, 'review'], [{ review: 'maybe' }, 'review'], [{ review: 5 }, 'review'], [{ review: 'open', note: 5 }, 'note'],
    [{ review: 'open', note: 'x'.repeat(2001) }, 'note'], [{ review: 'open', reviewed_by: 'x'.repeat(201) }, 'reviewed_by'], [{ review: 'open', colour: 1 }, 'colour'], [[], '$']]) {
    const answer = await patch(id, body);
    assert.equal(answer.status, 400, JSON.stringify(body));
    assert.equal(answer.body.errors[0].name, name);
  }
  assert.equal((await patch(id, 'nonsense')).status, 400);
  assert.equal((await patch(id, { review: 'open' }, 'text/plain')).status, 415);
  assert.equal((await patch(99999, { review: 'open' })).status, 404);
  assert.equal((await patch(id, `{"review":"open","note":"${'x'.repeat(20_000)}"}`)).status, 413);
  assert.equal((await program.get(`${LIST}/${id}`)).body.reviews.length, 0);
});
