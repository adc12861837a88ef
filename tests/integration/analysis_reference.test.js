// What the analysis stores, held against the reference calculation: straight loops over all breadcrumbs of a vehicle, written from
// the definitions alone (reference/). Random fleets, sent in any order; the real trace of a day in Austin.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { analysed } from './support/analysis.js';
import { Program, SHARED_DATA, iotEvent, run, skipWithoutSharedData, INGEST_KEY } from './support/program.js';
import { seeded } from './support/random.js';
import { countingBreadcrumbs } from './reference/breadcrumbs.js';
import { dailySums } from './reference/days.js';
import { excursions } from './reference/excursions.js';
import { speedingEpisodes } from './reference/speeding.js';
import { tripsAndStops } from './reference/trips.js';

const LIMIT_SOURCES = ['unknown', 'override', 'posted', 'estimated', 'zone', 'vehicle', 'fleet'];
const TRIP_ENDS = ['open', 'stop', 'ignition', 'gap'];
const SPEEDING_ENDS = ['open', 'under', 'gap', 'limit', 'ignition', 'invalid'];
const SIDES = ['none', 'cold', 'warm'];

const DAY_MEASURES = ['distance_m', 'known_limit_m', 'over_limit_m', 'observed_s', 'moving_s', 'known_limit_s', 'over_limit_s',
  'max_speed_kmh'];

// --- what the program stored ---

async function rowsOf(program, query) {
  return (await program.sql(`SELECT to_json(r) FROM (${query}) r`)).map(([text]) => JSON.parse(text));
}

const us = (column) => `(extract(epoch FROM ${column}) * 1000000)::bigint`;

async function rowsByVehicle(program, query) {
  const groups = new Map();
  for (const row of await rowsOf(program, query)) {
    groups.set(row.vehicle_id, groups.get(row.vehicle_id) ?? []);
    groups.get(row.vehicle_id).push(row);
  }
  return groups;
}

async function stored(program) {
  const tables = {
    breadcrumbs: await rowsByVehicle(program, `SELECT vehicle_id, ${us('recorded_at')} AS t_us, version, st_x(geom) AS lon,
      st_y(geom) AS lat, speed_kmh, temperature_c, ignition::int, flags FROM breadcrumb`),
    trips: await rowsByVehicle(program, `SELECT vehicle_id, ${us('started_at')} AS started_at_us, ${us('ended_at')} AS ended_at_us,
      distance_m, moving_s, max_speed_kmh, samples, end_reason, is_open FROM trip ORDER BY started_at`),
    stops: await rowsByVehicle(program, `SELECT vehicle_id, ${us('started_at')} AS started_at_us, ${us('ended_at')} AS ended_at_us,
      idling_s, samples, st_x(geom) AS lon, st_y(geom) AS lat, is_open FROM stop ORDER BY started_at`),
    episodes: await rowsByVehicle(program, `SELECT *, ${us('started_at')} AS started_at_us, ${us('ended_at')} AS ended_at_us,
      ${us('peak_at')} AS peak_at_us FROM speeding_episode ORDER BY started_at`),
    days: await rowsByVehicle(program, `SELECT vehicle_id, day - date '1970-01-01' AS day, driver_id, samples,
      ${DAY_MEASURES.join(', ')} FROM drive_day ORDER BY 2, driver_id`),
    excursions: await rowsByVehicle(program, `SELECT *, ${us('started_at')} AS started_at_us, ${us('ended_at')} AS ended_at_us,
      ${us('extreme_at')} AS extreme_at_us, ${us('fired_at')} AS fired_at_us FROM excursion ORDER BY tier, started_at`),
  };
  return (table, vehicle_id) => (vehicle_id === undefined ? tables[table] : tables[table].get(vehicle_id) ?? []);
}

// --- local days ---

function localDays(timeZone, from_us, to_us) {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  const dayAt = (t_us) => Math.round(Date.parse(format.format(new Date(Math.floor(t_us / 1000)))) / 86_400_000);
  const midnights = [];
  for (let hour = Math.floor(from_us / 3.6e9); hour * 3.6e9 <= to_us; hour += 0.25) {
    if (dayAt(hour * 3.6e9) !== dayAt((hour - 0.25) * 3.6e9)) {
      midnights.push(hour * 3.6e9);
    }
  }
  const days = new Map(); // most breadcrumbs of a test share a few days
  return { midnights, dayAt: (t_us) => {
    const quarter = Math.floor(t_us / 9e8);
    if (!days.has(quarter)) {
      days.set(quarter, dayAt(quarter * 9e8));
    }
    return days.get(quarter);
  } };
}

// --- comparing ---

function close(actual, expected, relative, absolute, what) {
  if (expected === null || actual === null || typeof expected !== 'number') {
    assert.equal(actual, expected, what);
    return;
  }
  assert.ok(Math.abs(actual - expected) <= absolute + relative * Math.abs(expected), `${what}: ${actual} instead of ${expected}`);
}

// Times, counts and words are the same; measures agree within a part in a thousand (distances are computed by another formula, and
// stored speeds have seven digits).
function compareRows(stored, expected, exact, measured, what) {
  const show = (rows) => rows.map((row) => exact.map((key) => row[key]));
  assert.deepEqual(show(stored), show(expected), what);
  stored.forEach((row, i) => measured.forEach((key) => close(row[key], expected[i][key], 1e-3, 0.05, `${what}, row ${i}, ${key}`)));
}

function compareTrips(rows, vehicle_id, breadcrumbs) {
  const { trips, stops } = tripsAndStops(breadcrumbs);
  compareRows(rows('trips', vehicle_id).map((row) => ({ ...row, end_reason: TRIP_ENDS[row.end_reason] })), trips,
    ['started_at_us', 'ended_at_us', 'end_reason', 'is_open', 'samples'], ['distance_m', 'moving_s', 'max_speed_kmh'],
    `trips of ${vehicle_id}`);
  compareRows(rows('stops', vehicle_id), stops, ['started_at_us', 'ended_at_us', 'is_open', 'samples', 'lon', 'lat'], ['idling_s'],
    `stops of ${vehicle_id}`);
  return trips.length + stops.length;
}

function compareEpisodes(rows, vehicle_id, breadcrumbs, dayAt) {
  const expected = speedingEpisodes(breadcrumbs, dayAt);
  compareRows(rows('episodes', vehicle_id).map((row) => ({ ...row, end_reason: SPEEDING_ENDS[row.end_reason],
    limit_source: LIMIT_SOURCES[row.limit_source], has_jump: (row.quality & 1) !== 0, has_gap_60_s: (row.quality & 2) !== 0,
    is_estimated: (row.quality & 4) !== 0 })), expected,
  ['started_at_us', 'ended_at_us', 'peak_at_us', 'end_reason', 'is_open', 'samples', 'limit_source', 'has_jump', 'has_gap_60_s',
    'is_estimated', 'driver_id'],
  ['before_s', 'after_s', 'distance_m', 'largest_gap_s', 'max_speed_kmh', 'mean_speed_kmh', 'limit_kmh', 'max_excess_kmh',
    'mean_excess_kmh', 'excess_integral_kmh_s'], `episodes of ${vehicle_id}`);
  // A tenth of a km/h either way: a speed that lies between two tenths is rounded from a float here, from a double there.
  rows('episodes', vehicle_id).forEach((row, i) => close(row.p95_speed_kmh, expected[i].p95_speed_kmh, 0, 0.101, 'p95_speed_kmh'));
  return expected.length;
}

function compareExcursions(rows, vehicle_id, breadcrumbs, rule) {
  const expected = excursions(breadcrumbs, rule);
  compareRows(rows('excursions', vehicle_id).map((row) => ({ ...row, side: SIDES[row.side] })), expected,
    ['tier', 'side', 'started_at_us', 'ended_at_us', 'extreme_at_us', 'fired_at_us', 'samples', 'is_open'],
    ['limit_c', 'extreme_c', 'degree_minutes', 'over_s'], `excursions of ${vehicle_id}`);
  return expected.length;
}

async function compareAll(program, { timeZone, limitOf, rule }) {
  await analysed(program, { timeoutMs: 300_000 });
  const rows = await stored(program);
  const counted = { vehicles: 0, breadcrumbs: 0, trips_and_stops: 0, episodes: 0, excursions: 0 };
  for (const [vehicle_id, all] of rows('breadcrumbs')) {
    const breadcrumbs = countingBreadcrumbs(all.map((b) => ({ ...b, ...limitOf(vehicle_id) })));
    if (breadcrumbs.length === 0) {
      continue;
    }
    const days = localDays(timeZone, breadcrumbs[0].t_us, breadcrumbs[breadcrumbs.length - 1].t_us);
    counted.vehicles++;
    counted.breadcrumbs += breadcrumbs.length;
    counted.trips_and_stops += compareTrips(rows, vehicle_id, breadcrumbs);
    counted.episodes += compareEpisodes(rows, vehicle_id, breadcrumbs, days.dayAt);
    compareRows(rows('days', vehicle_id), dailySums(breadcrumbs, days.dayAt, days.midnights), ['day', 'driver_id', 'samples'],
      DAY_MEASURES, `days of ${vehicle_id}`);
    counted.excursions += rule ? compareExcursions(rows, vehicle_id, breadcrumbs, rule) : 0;
  }
  return counted;
}

async function putJson(program, target, value) {
  const answer = await program.get(target, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) });
  assert.ok(answer.status < 300, `PUT ${target}: ${answer.status} ${answer.text}`);
}

// --- random fleets ---

// A vehicle's day as no simulator would drive it: it creeps, races, parks, falls silent, jumps, loses its speed and its ignition.
function randomDrive(random, vehicle, start_s, count) {
  const events = [];
  let seconds = start_s;
  let lon = -97.7 + random();
  let lat = 30.2 + random();
  let speed = 0;
  let mood = 'drive';
  let ignition = '1';
  let temperature = 4;
  for (let i = 0; i < count; i++) {
    if (random() < 0.03) {
      mood = random.of(['drive', 'drive', 'race', 'park', 'creep']);
      ignition = mood === 'park' && random() < 0.6 ? '0' : '1';
    }
    const step_s = random() < 0.01 ? (100 + random.below(8901)) : (1 + random.below(30));
    seconds += step_s;
    const aim = { drive: 50, race: 85, park: 0, creep: 6 }[mood];
    speed = Math.max(0, speed + (aim - speed) * 0.4 + random() * 16 - 8);
    speed = mood === 'park' ? 0 : speed;
    const metres = mood === 'park' ? random() * 8 : (speed / 3.6) * Math.min(step_s, 60);
    const direction = random() * 0.6;
    lon += (metres * Math.cos(direction)) / 96_000;
    lat += (metres * Math.sin(direction)) / 111_000;
    temperature += random() * 1.2 - 0.55 - (temperature > 9 ? 2 : 0);
    const jumps = random() < 0.003;
    const known = { speed: random() < 0.95, ignition: random() < 0.8, temperature: random() < 0.7 };
    const event = iotEvent({ vehicle, version: i + 1, seconds, lat: jumps ? lat + 3 : lat, lon, speed: speed.toFixed(1),
      ignition, more: known.temperature ? { temperature: Number(temperature.toFixed(2)) } : {} });
    for (const part of [event.current.state.reported, event.current.metadata.reported]) {
      Object.entries(known).filter(([, is]) => !is).forEach(([key]) => delete part[key]);
    }
    events.push(event);
  }
  return events;
}

async function sendInDisorder(program, random, events) {
  const sent = random.shuffled([...events, ...events.filter(() => random() < 0.05)]);
  for (let i = 0; i < sent.length;) {
    const count = 1 + random.below(400);
    const answer = await program.post(sent.slice(i, i + count));
    assert.equal(answer.status, 200);
    i += count;
  }
}

const BREADCRUMBS = 2000; // a vehicle

for (const [name, seed, start] of [
  ['over the night when summer time begins', 1, '2017-03-11T14:00:00-06:00'],
  ['over the night when summer time ends', 2, '2017-11-04T16:00:00-05:00'],
]) {
  test(`random vehicles, sent in any order, ${name}`, { timeout: 600_000 }, async (t) => {
    const timeZone = 'America/Chicago';
    const rule = { highest_c: 7, lowest_c: 1, urgent_highest_c: 9, hysteresis_c: 0.5, for_s: 300, clear_for_s: 300, silent_s: 900 };
    const program = await new Program({ flags: ['--depot-time-zone', timeZone, '--speed-unit', 'kmh'] }).start();
    await putJson(program, '/v1/rules/speed/fleet', { limit_kmh: 60 });
    await putJson(program, '/v1/rules/temperature/cold', rule);
    const random = seeded(seed);
    const names = Array.from({ length: 6 }, (_, i) => `random_${seed}_${i}`);
    const events = names.flatMap((vehicle) => randomDrive(random, vehicle, Date.parse(start) / 1000, BREADCRUMBS));
    // The first vehicle's data come in order and one by one pass through the live machines; the others as it happens.
    await sendInDisorder(program, random, events.slice(BREADCRUMBS));
    for (let i = 0; i < BREADCRUMBS; i += 100) {
      assert.equal((await program.post(events.slice(i, i + 100))).status, 200);
    }
    await putJson(program, `/v1/rules/speed/vehicles/${names[1]}`, { limit_kmh: 45 });
    const [[slow]] = await program.sql(`SELECT vehicle_id FROM vehicle WHERE name = '${names[1]}'`);
    const limitOf = (vehicle_id) => (String(vehicle_id) === slow
      ? { limit_kmh: 45, limit_source: 'vehicle' } : { limit_kmh: 60, limit_source: 'fleet' });
    const counted = await compareAll(program, { timeZone, limitOf, rule });
    t.diagnostic(JSON.stringify(counted));
    assert.equal(counted.vehicles, names.length);
    assert.ok(counted.episodes > 50 && counted.trips_and_stops > 50 && counted.excursions > 10, JSON.stringify(counted));
    assert.equal(await program.stop(), 0);
  });
}

const TRACE = 'traces/capmetro-austin-2017-03-21.csv';
test('the trace of Austin', { skip: skipWithoutSharedData(TRACE), timeout: 600_000 }, async (t) => {
  const timeZone = 'America/Chicago';
  const program = await new Program({ flags: ['--depot-time-zone', timeZone, '--speed-unit', 'mph'] }).start();
  await putJson(program, '/v1/rules/speed/fleet', { limit_kmh: 48.28 });
  const sent = await run(['replay', path.join(SHARED_DATA, TRACE), '--speed', '0', '--batch', '50', '--to', `${program.base}/ingest/iot`,
    '--ingest-key', INGEST_KEY], { timeoutMs: 300_000 });
  assert.equal(sent.code, 0, sent.err);
  const counted = await compareAll(program, { timeZone, limitOf: () => ({ limit_kmh: Math.fround(48.28), limit_source: 'fleet' }) });
  t.diagnostic(JSON.stringify(counted));
  assert.ok(counted.episodes > 1000 && counted.trips_and_stops > 1000, JSON.stringify(counted));
  assert.equal(await program.stop(), 0);
});
