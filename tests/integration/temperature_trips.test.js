// /v1/temperature/trips and /record: what a load went through, and the paper for whoever receives it. The figures are held against
// bi.temperature_trips, which the database computes by itself, and against loops of this file.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { Program } from './support/program.js';
import { plantExcursions, plantFleet, plantReadings, plantTrip } from './support/temperature_rows.js';

const program = new Program();
const T0 = Date.parse('2026-03-29T00:00:00Z'); // At 01:00Z clocks in Berlin go from 02:00 to 03:00.
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const iso = (ms) => new Date(ms).toISOString().replace('.000Z', 'Z');
const TRIPS = '/v1/temperature/trips';
const RECORD = '/v1/temperature/record';

let seed = 12345;
const random = () => { // mulberry32
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
/** Irregular, with gaps, about the limits 2 and 8. */
const READINGS = [];
for (let at = T0, c = 5; at < T0 + 20 * HOUR; at += random() < 0.005 ? 40 * MINUTE : Math.ceil(1 + random() * 120) * 1000) {
  c += (random() - 0.5) * 1.2 + (5 - c) * 0.02;
  READINGS.push({ at, c: Math.round(c * 10) / 10 });
}
const SPANS = [[0, 3], [4, 4.3], [5, 11], [12, 19.5]].map(([from, to]) => [T0 + from * HOUR, T0 + Math.round(to * HOUR)]);

before(async () => {
  await program.start();
  await plantFleet(program, [['cold_1', 'reefer', 'north'], ['warm <1>'.replace(/[ <>]/g, '_'), null, null]]);
  await plantReadings(program, 'cold_1', READINGS);
  for (const [from, to] of SPANS) {
    await plantTrip(program, 'cold_1', { from, to, distance: 12345.5 });
  }
  await plantTrip(program, 'cold_1', { from: T0 + 30 * HOUR, to: T0 + 31 * HOUR, open: true });
  const rule = await program.get('/v1/rules/temperature/cool%20%3Cb%3E%20%26%20co', {
    method: 'PUT', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'reefer', lowest_c: 2, highest_c: 8, urgent_highest_c: 12, silent_s: 600 }),
  });
  assert.equal(rule.status, 201, rule.text);
  await plantExcursions(program, [
    { vehicle: 'cold_1', rule: 'cool <b> & co', from: T0 + HOUR, to: T0 + 2 * HOUR, fired: T0 + HOUR + 5 * MINUTE },
    { vehicle: 'cold_1', rule: 'cool <b> & co', side: 1, limit: 2, extreme: 1.5, from: T0 + 6 * HOUR, to: T0 + 6 * HOUR },
    { vehicle: 'cold_1', rule: 'cool <b> & co', tier: 2, limit: 12, extreme: 13, from: T0 + 19 * HOUR, to: T0 + 19.2 * HOUR, fired: T0 + 19 * HOUR, open: true },
  ]);
});

/** Straight loops over the readings of [from, to]. */
function figuresOf(from, to) {
  const readings = READINGS.filter(({ at }) => at >= from && at <= to);
  let weight = 0;
  let degrees = 0;
  let ageing = 0;
  const over = { above: [0, 0], below: [0, 0] };
  const ageOf = (c) => Math.exp(-10000 / (c + 273.15));
  for (let i = 1; i < readings.length; i += 1) {
    const [a, b] = [readings[i - 1], readings[i]];
    const seconds = Math.min((b.at - a.at) / 1000, 600);
    const steps = 400;
    weight += seconds;
    degrees += seconds * (a.c + b.c) / 2;
    ageing += seconds * (ageOf(a.c) + ageOf(b.c)) / 2;
    for (let step = 0; step < steps; step += 1) {
      const c = a.c + (b.c - a.c) * (step + 0.5) / steps;
      for (const [name, excess] of [['above', c - 8], ['below', 2 - c]]) {
        if (excess > 0) {
          over[name][0] += seconds / steps;
          over[name][1] += excess * seconds / steps / 60;
        }
      }
    }
  }
  return { readings: readings.length, mean: degrees / weight, kinetic: 10000 / -Math.log(ageing / weight) - 273.15, over,
    min: Math.min(...readings.map(({ c }) => c)), max: Math.max(...readings.map(({ c }) => c)),
    gap: Math.max(...readings.slice(1).map(({ at }, i) => (at - readings[i].at) / 1000)) };
}
const near = (value, expected, by, what) => assert.ok(Math.abs(value - expected) <= by, `${what}: ${value}, expected ${expected}`);

test('the figures of trips are those of straight loops', async () => {
  const { body } = await program.get(`${TRIPS}?vehicle=cold_1`);
  assert.deepEqual(body.rule, { name: 'cool <b> & co', lowest_c: 2, highest_c: 8, urgent_lowest_c: null, urgent_highest_c: 12 });
  assert.equal(body.next, null);
  assert.deepEqual(body.items.map((trip) => trip.started_at), [T0 + 30 * HOUR, ...SPANS.map(([from]) => from).reverse()].map(iso));
  for (const trip of body.items.slice(1)) {
    const [from, to] = [Date.parse(trip.started_at), Date.parse(trip.ended_at)];
    const expected = figuresOf(from, to);
    assert.equal(trip.readings, expected.readings);
    assert.ok(trip.readings > 100 || to - from < HOUR);
    assert.deepEqual([trip.min_c, trip.max_c, trip.longest_gap_s], [expected.min, expected.max, expected.gap]);
    near(trip.mean_c, expected.mean, 0.001, 'mean');
    near(trip.mean_kinetic_c, expected.kinetic, 0.001, 'mean kinetic');
    for (const name of ['above', 'below']) {
      near(trip[`${name}_s`], expected.over[name][0], 1 + expected.over[name][0] * 0.02, `${name} s`);
      near(trip[`${name}_degree_minutes`], expected.over[name][1], 0.1 + expected.over[name][1] * 0.01, `${name} degree-minutes`);
    }
    const [first] = READINGS.filter(({ at, c }) => at >= from && at <= to && c === expected.min);
    assert.equal(trip.min_at, iso(first.at), 'the first of the coldest');
  }
  assert.deepEqual(body.items.map((trip) => trip.excursions), [0, 1, 0, 0, 1]);
});

test('the database computes the same', async () => {
  const { items } = (await program.get(`${TRIPS}?vehicle=cold_1`)).body;
  const rows = await program.sql(`SELECT extract(epoch FROM started_at) * 1000, readings, min_c, max_c, mean_c, mean_kinetic_c, longest_gap_s,
      above_s, above_degree_minutes, below_s, below_degree_minutes
    FROM bi.temperature_trips WHERE vehicle = 'cold_1' ORDER BY started_at DESC`);
  assert.equal(rows.length, 4, 'trips with readings');
  rows.forEach(([started, ...values], i) => {
    const trip = items[i + 1];
    assert.equal(trip.started_at, iso(Number(started)));
    const names = ['readings', 'min_c', 'max_c', 'mean_c', 'mean_kinetic_c', 'longest_gap_s', 'above_s', 'above_degree_minutes', 'below_s', 'below_degree_minutes'];
    names.forEach((name, k) => near(trip[name], Number(values[k]), 0.0006, name));
  });
});

test('a trip without readings has no figures', async () => {
  const [trip] = (await program.get(`${TRIPS}?vehicle=cold_1&limit=1`)).body.items;
  assert.deepEqual([trip.readings, trip.min_c, trip.min_at, trip.mean_c, trip.mean_kinetic_c, trip.above_s, trip.is_open],
    [0, null, null, null, null, 0, true]);
});

test('pages, periods and CSV of trips', async () => {
  const first = await program.get(`${TRIPS}?vehicle=cold_1&limit=2`);
  assert.equal(first.body.items.length, 2);
  const second = await program.get(new URL(first.body.next).pathname + new URL(first.body.next).search);
  assert.deepEqual(second.body.items.map((trip) => trip.started_at), [SPANS[2][0], SPANS[1][0]].map(iso));
  const within = await program.get(`${TRIPS}?vehicle=cold_1&from=${iso(T0 + 4 * HOUR)}&to=${iso(T0 + 6 * HOUR)}`);
  assert.deepEqual(within.body.items.map((trip) => trip.started_at), [SPANS[2][0], SPANS[1][0]].map(iso));
  const csv = (await program.get(`${TRIPS}?vehicle=cold_1&f=csv`)).text.split('\r\n');
  assert.equal(csv.length, 7);
  assert.equal(csv[0].split(',').length, csv[1].split(',').length);
  assert.match(csv[1], /^cold_1,2026-03-30T06:00:00Z,2026-03-30T07:00:00Z,1000,true,0,,,,,,,0,cool <b> & co,2,8,0,0,0,0,0$/);
  const none = await program.get(`${TRIPS}?vehicle=warm__1_`);
  assert.deepEqual(none.body, { rule: null, items: [], next: null });
});

test('the record of a trip is one page that needs nothing else', async () => {
  const { items } = (await program.get(`${TRIPS}?vehicle=cold_1`)).body;
  const trip = items.find(({ started_at: at }) => at === iso(SPANS[0][0]));
  const url = new URL(trip.record);
  const page = await program.get(`${url.pathname}${url.search}&tz=Europe/Berlin&f=html`);
  assert.equal(page.status, 200, page.text);
  assert.match(page.headers.get('content-type'), /^text\/html; charset=utf-8/);
  assert.match(page.headers.get('content-security-policy'), /default-src 'none'; style-src 'unsafe-inline'/);
  assert.doesNotMatch(page.text, /<script|<img|<link|@import|url\(|\son\w+=/);
  assert.ok(page.text.includes('cool &lt;b&gt; &amp; co'), 'names are escaped');
  assert.ok(page.text.includes('<dt>Trip from</dt><dd>2026-03-29 01:00:00</dd>'));
  assert.ok(page.text.includes('<dt>To</dt><dd>2026-03-29 05:00:00</dd>'));
  assert.ok(page.text.includes('Europe/Berlin (UTC+01:00, then UTC+02:00)'), 'the clocks changed under way');
  assert.ok(page.text.includes('<dt>Distance</dt><dd>12.3 km</dd>'));
  assert.ok(page.text.includes('at least 2 °C, at most 8 °C; urgent above 12 °C'));
  assert.equal(trip.above_s + trip.below_s, 0);
  assert.ok(page.text.includes('class="verdict">Within the limits at every reading.'));
  assert.match(page.text, new RegExp(`Mean kinetic temperature</th><td>${trip.mean_kinetic_c.toFixed(1).replace(/\.0$/, '')} °C`));
  assert.match(page.text, /<tr><td>2026-03-29 03:00:00<\/td><td>2026-03-29 04:00:00<\/td><td>too warm<\/td><td>8 °C<\/td><td>9.5 °C<\/td>/);
  assert.match(page.text, /<svg [^>]*role="img"/);
  assert.ok((page.text.match(/class="limit"/g) ?? []).length === 2);
  const path = page.text.match(/class="line" d="([^"]+)"/)[1];
  assert.equal(path.split(/[ML]/).length - 1, trip.readings, 'every reading is a point of the line');
  assert.match(page.text, /<a href="http:[^"]*f=csv[^"]*">CSV file/);
});

test('the CSV of a record has every reading in both times', async () => {
  const [from, to] = SPANS[0];
  const csv = await program.get(`${RECORD}?vehicle=cold_1&trip=${iso(from)}&tz=Europe/Berlin&f=csv`);
  assert.match(csv.headers.get('content-disposition'), /filename="temperature_cold_1_2026-03-29\.csv"/);
  const lines = csv.text.split('\r\n').slice(0, -1);
  const expected = READINGS.filter(({ at }) => at >= from && at <= to);
  assert.equal(lines[0], 'vehicle,recorded_at,local_time,temperature_c,state');
  assert.equal(lines.length - 1, expected.length);
  lines.slice(1).forEach((line, i) => {
    const [vehicle, at, local, c, state] = line.split(',');
    assert.deepEqual([vehicle, at, Number(c)], ['cold_1', iso(expected[i].at), expected[i].c]);
    assert.equal(state, expected[i].c > 8 ? 'above' : expected[i].c < 2 ? 'below' : 'within');
    const hours = expected[i].at < T0 + HOUR ? 1 : 2;
    assert.equal(local, new Date(expected[i].at + hours * HOUR).toISOString().slice(0, 19).replace('T', ' '));
  });
});

test('a period of several trips, and one without readings', async () => {
  const all = await program.get(`${RECORD}?vehicle=cold_1&from=${iso(T0)}&to=${iso(T0 + 24 * HOUR)}&f=html`);
  assert.ok(all.text.includes('<dt>From</dt><dd>2026-03-29 00:00:00</dd>') && all.text.includes('UTC (UTC+00:00)'));
  assert.ok(all.text.includes('too cold, shorter than the delay') && all.text.includes('too warm, urgent') && all.text.includes('going on'));
  assert.match(all.text, /class="verdict">Out of the limits for [\d hmins]+ \([\d.]+ degree-minutes\)\./);
  assert.ok(all.text.length < 100_000, 'small whatever the number of readings');
  const empty = await program.get(`${RECORD}?vehicle=warm__1_&from=${iso(T0)}&to=${iso(T0 + HOUR)}&f=html`);
  assert.ok(empty.text.includes('There are no temperature readings in this period.'));
  assert.ok(empty.text.includes('none are set for this vehicle'));
  assert.ok(!empty.text.includes('<h2>'));
});

test('what is wrong is named', async () => {
  for (const [target, status, name] of [
    [`${TRIPS}`, 400, 'vehicle'], [`${TRIPS}?vehicle=nobody`, 404, 'vehicle'], [`${TRIPS}?vehicle=cold_1&limit=501`, 400, 'limit'],
    [`${TRIPS}?vehicle=cold_1&cursor=x`, 400, 'cursor'], [`${TRIPS}?vehicle=cold_1&x=1`, 400, 'x'],
    [`${RECORD}?vehicle=cold_1`, 400, 'from'], [`${RECORD}?vehicle=cold_1&from=${iso(T0)}`, 400, 'to'],
    [`${RECORD}?vehicle=cold_1&trip=${iso(T0)}&from=${iso(T0)}`, 400, 'trip'], [`${RECORD}?vehicle=cold_1&trip=now`, 400, 'trip'],
    [`${RECORD}?vehicle=cold_1&trip=${iso(T0 + 1000)}`, 404, 'trip'], [`${RECORD}?vehicle=nobody&trip=${iso(T0)}`, 404, 'vehicle'],
    [`${RECORD}?vehicle=cold_1&trip=${iso(T0)}&tz=Moon`, 400, 'tz'],
    [`${RECORD}?vehicle=cold_1&from=2026-01-01T00:00:00Z&to=2026-12-01T00:00:00Z`, 400, 'to'],
  ]) {
    const answer = await program.get(target);
    assert.equal(answer.status, status, `${target}: ${answer.text}`);
    assert.equal(answer.body.errors[0].name, name, answer.text);
  }
  assert.equal((await program.get(`${RECORD}?vehicle=cold_1&trip=${iso(T0)}&f=json`)).status, 406);
});
