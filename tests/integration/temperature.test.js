// /v1/temperature: the line of a chart, excursions. Rows are planted; what the analysis makes of events is temperature_live.test.js.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { Program } from './support/program.js';
import { plantExcursions, plantFleet, plantReadings } from './support/temperature_rows.js';

const program = new Program();
const T0 = Date.parse('2026-03-01T06:00:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const iso = (ms) => new Date(ms).toISOString().replace('.000Z', 'Z');
const SERIES = '/v1/temperature/series';
const EXCURSIONS = '/v1/temperature/excursions';

/** -20 with a swing, and two single peaks of one reading each. */
const readingAt = (i) => (i === 777 ? 3.5 : i === 1500 ? -27.25 : Math.round((-20 + Math.sin(i / 9)) * 100) / 100);
const LONG = Array.from({ length: 3000 }, (_, i) => ({ at: T0 + i * MINUTE, c: readingAt(i) }));

before(async () => {
  await program.start();
  await plantFleet(program, [['cold_1', 'reefer', null], ['cold_2', 'reefer', null], ['dry', 'van', null]]);
  await plantReadings(program, 'cold_1', LONG);
  await plantReadings(program, 'cold_2', [
    { at: T0, c: 4 }, { at: T0 + MINUTE, c: 5, version: 1 }, { at: T0 + MINUTE, c: 6, version: 2 },
    { at: T0 + 2 * MINUTE, c: 7, version: 3, flags: 8 }, { at: T0 + 2 * MINUTE, c: 8, version: 2 },
    { at: T0 + 3 * MINUTE, c: 9, flags: 1 }, { at: T0 + 4 * MINUTE, c: 10, flags: 2 }, { at: T0 + 5 * MINUTE, c: null },
  ]);
  const rule = await program.get('/v1/rules/temperature/frozen', {
    method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ vehicle: 'cold_1', highest_c: -18, urgent_highest_c: -15 }),
  });
  assert.equal(rule.status, 201);
  await plantExcursions(program, [
    { vehicle: 'cold_1', rule: 'frozen', from: T0, to: T0 + HOUR, limit: -18, extreme: -14.2, fired: T0 + 5 * MINUTE },
    { vehicle: 'cold_1', rule: 'frozen', tier: 2, from: T0 + 10 * MINUTE, to: T0 + 20 * MINUTE, limit: -15, fired: T0 + 10 * MINUTE },
    { vehicle: 'cold_1', rule: 'frozen', from: T0 + 5 * HOUR, to: T0 + 5 * HOUR },
    { vehicle: 'cold_2', rule: 'gone', side: 1, from: T0 + 2 * HOUR, to: T0 + 3 * HOUR, fired: T0 + 2 * HOUR },
    { vehicle: 'cold_2', rule: 'gone', from: T0 + 6 * HOUR, to: T0 + 7 * HOUR, fired: T0 + 6 * HOUR, open: true },
  ]);
});

test('a short period has every reading, with the limits', async () => {
  const answer = await program.get(`${SERIES}?vehicle=cold_1&from=${iso(T0)}&to=${iso(T0 + 10 * MINUTE)}`);
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(answer.body, {
    vehicle: 'cold_1', from: iso(T0), to: iso(T0 + 10 * MINUTE),
    rule: { name: 'frozen', lowest_c: null, highest_c: -18, urgent_lowest_c: null, urgent_highest_c: -15 },
    readings: 10,
    points: LONG.slice(0, 10).map(({ at, c }) => ({ recorded_at: iso(at), temperature_c: c })),
  });
});

test('a long period has few points and every peak', async () => {
  const answer = await program.get(`${SERIES}?vehicle=cold_1&from=${iso(T0)}&to=${iso(T0 + 3000 * MINUTE)}&points=100`);
  const { points, readings } = answer.body;
  assert.equal(readings, 3000);
  assert.ok(points.length <= 100 && points.length >= 90, `${points.length} points`);
  assert.ok(points.some((point) => point.temperature_c === 3.5 && point.recorded_at === iso(T0 + 777 * MINUTE)));
  assert.ok(points.some((point) => point.temperature_c === -27.25 && point.recorded_at === iso(T0 + 1500 * MINUTE)));
  const times = points.map((point) => point.recorded_at);
  assert.deepEqual(times, [...times].sort());
  const known = new Map(LONG.map(({ at, c }) => [iso(at), c]));
  assert.ok(points.every((point) => known.get(point.recorded_at) === point.temperature_c), 'every point is a reading');
  for (let part = 0; part < 50; part += 1) {
    const inPart = LONG.slice(part * 60, (part + 1) * 60).map(({ c }) => c);
    const kept = points.slice(part * 2, part * 2 + 2).map((point) => point.temperature_c);
    assert.deepEqual([Math.min(...kept), Math.max(...kept)], [Math.min(...inPart), Math.max(...inPart)]);
  }
});

test('of a moment the first counts, flagged positions count, the future does not', async () => {
  const answer = await program.get(`${SERIES}?vehicle=cold_2&from=${iso(T0)}&to=${iso(T0 + HOUR)}`);
  assert.equal(answer.body.rule, null);
  assert.deepEqual(answer.body.points.map((point) => point.temperature_c), [4, 5, 8, 9]);
});

test('CSV has every reading', async () => {
  const answer = await program.get(`${SERIES}?vehicle=cold_1&from=${iso(T0)}&to=${iso(T0 + 3000 * MINUTE)}&f=csv`);
  const lines = answer.text.split('\r\n');
  assert.equal(lines.length, 3002);
  assert.equal(lines[0], 'recorded_at,temperature_c');
  assert.deepEqual(lines.slice(1, -1), LONG.map(({ at, c }) => `${iso(at)},${c}`));
  const few = await program.get(`${SERIES}?vehicle=cold_1&from=${iso(T0)}&to=${iso(T0 + 3000 * MINUTE)}&points=10&f=csv`);
  assert.equal(few.text.split('\r\n').length, 12);
});

test('the last day is what is shown without a period', async () => {
  const answer = await program.get(`${SERIES}?vehicle=dry`);
  assert.deepEqual([answer.body.readings, answer.body.points, answer.body.rule], [0, [], null]);
  assert.equal(Date.parse(answer.body.to) - Date.parse(answer.body.from), 24 * HOUR);
});

const listed = async (query) => (await program.get(`${EXCURSIONS}?${query}`)).body.items.map(({ vehicle, started_at: at }) => `${vehicle} ${(Date.parse(at) - T0) / MINUTE}`);

test('excursions, newest first, whole', async () => {
  assert.deepEqual(await listed(''), ['cold_2 360', 'cold_1 300', 'cold_2 120', 'cold_1 10', 'cold_1 0']);
  const { items } = (await program.get(`${EXCURSIONS}?vehicle=cold_1&to=${iso(T0 + MINUTE)}`)).body;
  assert.deepEqual(items, [{
    vehicle: 'cold_1', rule: 'frozen', tier: 'normal', side: 'warm', started_at: iso(T0), ended_at: iso(T0 + HOUR), duration_s: 3600,
    limit_c: -18, extreme_c: -14.2, extreme_at: iso(T0), degree_minutes: 12.25, over_s: 3600, paused_s: 30, samples: 7,
    fired_at: iso(T0 + 5 * MINUTE), is_open: false, revision: 1, rule_version: 3,
  }]);
});

test('filters of excursions', async () => {
  assert.deepEqual(await listed('vehicle=cold_2'), ['cold_2 360', 'cold_2 120']);
  assert.deepEqual(await listed('vehicle=cold_1&vehicle=cold_2&tier=urgent'), ['cold_1 10']);
  assert.deepEqual(await listed('vehicle=nobody'), []);
  assert.deepEqual(await listed('side=cold'), ['cold_2 120']);
  assert.deepEqual(await listed('fired=false'), ['cold_1 300']);
  assert.deepEqual(await listed('fired=true&tier=normal'), ['cold_2 360', 'cold_2 120', 'cold_1 0']);
  assert.deepEqual(await listed('open=true'), ['cold_2 360']);
  assert.deepEqual(await listed('rule=frozen&open=false'), ['cold_1 300', 'cold_1 10', 'cold_1 0']);
  assert.deepEqual(await listed(`from=${iso(T0 + 30 * MINUTE)}&to=${iso(T0 + 3 * HOUR)}`), ['cold_2 120', 'cold_1 0'],
    'those that reach into the period');
  assert.deepEqual(await listed(`from=${iso(T0 + 20 * HOUR)}`), ['cold_2 360'], 'what goes on reaches into every later one');
});

test('pages and formats of excursions', async () => {
  let target = `${EXCURSIONS}?limit=2`;
  const seen = [];
  while (target !== null) {
    const { body } = await program.get(target);
    seen.push(body.items.length);
    target = body.next && new URL(body.next).pathname + new URL(body.next).search;
  }
  assert.deepEqual(seen, [2, 2, 1]);
  const csv = (await program.get(`${EXCURSIONS}?f=csv`)).text.split('\r\n');
  assert.equal(csv.length, 7);
  assert.equal(csv[5], `cold_1,frozen,normal,warm,${iso(T0)},${iso(T0 + HOUR)},3600,-18,-14.2,${iso(T0)},12.25,3600,30,7,${iso(T0 + 5 * MINUTE)},false,1,3`);
  assert.match(csv[1], /^cold_2,,normal,warm,/);
  assert.equal((await program.get(`${EXCURSIONS}?f=ndjson`)).text.trim().split('\n').length, 5);
  const rows = await program.sql('SELECT vehicle, rule, tier, side, duration_s, fired_at IS NULL FROM bi.temperature_excursions ORDER BY started_at LIMIT 2');
  assert.deepEqual(rows, [['cold_1', 'frozen', 'normal', 'warm', '3600', 'f'], ['cold_1', 'frozen', 'urgent', 'warm', '600', 'f']]);
});

test('what is wrong is named', async () => {
  for (const [target, status, name] of [
    [`${SERIES}`, 400, 'vehicle'], [`${SERIES}?vehicle=a%20b`, 400, 'vehicle'], [`${SERIES}?vehicle=nobody`, 404, 'vehicle'],
    [`${SERIES}?vehicle=dry&points=9`, 400, 'points'], [`${SERIES}?vehicle=dry&from=yesterday`, 400, 'from'],
    [`${SERIES}?vehicle=dry&from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z`, 400, 'to'], [`${SERIES}?vehicle=dry&x=1`, 400, 'x'],
    [`${EXCURSIONS}?tier=3`, 400, 'tier'], [`${EXCURSIONS}?side=hot`, 400, 'side'], [`${EXCURSIONS}?fired=maybe`, 400, 'fired'],
    [`${EXCURSIONS}?open=1`, 400, 'open'], [`${EXCURSIONS}?cursor=zzz`, 400, 'cursor'], [`${EXCURSIONS}?limit=0`, 400, 'limit'],
    [`${EXCURSIONS}?y=1`, 400, 'y'],
  ]) {
    const answer = await program.get(target);
    assert.equal(answer.status, status, target);
    assert.equal(answer.body.errors[0].name, name, answer.text);
  }
  assert.equal((await program.get(`${SERIES}?vehicle=dry&f=gpx`)).status, 406);
});
