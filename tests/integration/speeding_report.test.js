// GET /v1/speeding/report: counted by hand, by an independent loop, by the SQL that it shows, and by a server that keeps nothing
// in memory.
import assert from 'node:assert/strict';
import path from 'node:path';
import { before, test } from 'node:test';

import { Program, psql } from './support/program.js';
import { plantDays, plantDrivers, plantEpisodes, plantVehicles, touchDays } from './support/speeding_rows.js';

const program = new Program();
let forgetful; // the same database, without memory for reports
const REPORT = '/v1/speeding/report';
const DAY = 86_400_000;

before(async () => {
  await program.start();
  const database = `postgresql:///crumbtrail?host=${path.join(program.data, 'run')}&user=postgres`;
  forgetful = await new Program({ database, flags: ['--report-memory-mb', '0'] }).start();
});

async function report(query, server = program) {
  const answer = await server.get(`${REPORT}?${query}`);
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}

/** Figures are rounded to three decimals or more. */
function near(actual, expected, what, rounded = 5.1e-4) {
  if (expected === null || actual === null) {
    assert.equal(actual, expected, what);
  } else {
    assert.ok(Math.abs(actual - expected) <= 1e-9 * Math.max(1, Math.abs(expected)) + rounded, `${what}: ${actual} is not ${expected}`);
  }
}

test('a report by hand', async () => {
  await plantVehicles(program, ['hand_1', 'hand_2', 'hand_3']);
  await plantDrivers(program, [{ id: 7, name: 'Ann' }, { id: 8, name: "Bob O'Hara" }]);
  await plantDays(program, [
    { vehicle: 'hand_1', day: '2025-06-01', driver: 7, km: 100, knownKm: 80, overKm: 2, hours: 2, movingHours: 1.5, overHours: 0.1 },
    { vehicle: 'hand_1', day: '2025-06-02', driver: 8, km: 50, knownKm: 20, overKm: 1, hours: 1, overHours: 0.05 },
    { vehicle: 'hand_2', day: '2025-06-02', km: 1000, hours: 10 },
    { vehicle: 'hand_1', day: '2025-05-31', driver: 7, km: 40 },
    { vehicle: 'hand_3', day: '2025-05-30', km: 10 },
  ]);
  await plantEpisodes(program, [
    { vehicle: 'hand_1', at: '2025-06-01T08:00:00Z', driver: 7, excess: 10 },
    { vehicle: 'hand_1', at: '2025-06-01T09:00:00Z', driver: 7, excess: 45 },
    { vehicle: 'hand_1', at: '2025-06-02T09:00:00Z', driver: 8, excess: 20.5, gap: 61 },
    { vehicle: 'hand_1', at: '2025-06-02T10:00:00Z', driver: 8, excess: 5 },
    { vehicle: 'hand_2', at: '2025-06-02T10:00:00Z', excess: 20 },
    { vehicle: 'hand_1', at: '2025-05-31T10:00:00Z', driver: 7, excess: 11 },
  ]);
  const range = 'from=2025-06-01&to=2025-06-03&tz=UTC';
  const body = await report(range);
  assert.deepEqual([body.from, body.to, body.previous_from, body.tz, body.group_by], ['2025-06-01T00:00:00Z', '2025-06-03T00:00:00Z', '2025-05-30T00:00:00Z', 'UTC', 'vehicle']);
  assert.deepEqual([body.tolerance_kmh, body.min_duration_s, body.min_samples, body.strict, body.bands_kmh, body.whole_days], [5, 10, 2, false, [10, 20, 40], true]);
  const [first, second, third] = body.items;
  assert.equal(first.vehicle, 'hand_1');
  delete first.vehicle_id;
  delete first.worst_episode_id;
  assert.deepEqual(first, {
    vehicle: 'hand_1', distance_km: 150, observed_h: 3, moving_h: 2.5, known_limit_km: 100, known_limit_share: 0.666667, episodes: 3, minor: 1, moderate: 0,
    severe: 1, extreme: 1, per_100_km: 2, per_100_km_low: 0.412448, per_100_km_high: 5.844849, per_100_h: 100, per_100_h_low: 20.622404,
    per_100_h_high: 292.242436, over_limit_km: 3, over_limit_h: 0.15, over_limit_distance_share: 0.02, over_limit_time_share: 0.05,
    worst_excess_kmh: 45, previous_episodes: 1, previous_distance_km: 40, previous_per_100_km: 2.5, change_per_100_km: -0.5, rank: 1,
  });
  assert.deepEqual([second.vehicle, second.rank, second.per_100_km, second.moderate, second.previous_episodes, second.change_per_100_km], ['hand_2', 2, 0.1, 1, 0, null]);
  assert.deepEqual([third.vehicle, third.rank, third.per_100_km, third.distance_km, third.episodes, third.worst_episode_id, third.previous_distance_km],
    ['hand_3', null, null, 0, 0, null, 10]);
  assert.deepEqual([body.groups, body.ranked, body.total.episodes, body.total.distance_km, body.total.previous_episodes, body.fleet.episodes], [3, 2, 4, 1150, 1, 4]);

  const byDriver = (await report(`${range}&group_by=driver`)).items;
  assert.deepEqual(byDriver.map(({ driver, driver_id: id, episodes, distance_km: km }) => [driver, id, episodes, km]),
    [['Ann', 7, 2, 100], ["Bob O'Hara", 8, 1, 50], [null, 0, 1, 1000]], 'by who drove at that time');
  const byDay = (await report(`${range}&group_by=day`)).items;
  assert.deepEqual(byDay.map(({ day, episodes, distance_km: km, previous_episodes: previous }) => [day, episodes, km, previous]),
    [['2025-06-01', 2, 100, null], ['2025-06-02', 2, 1050, null]]);
  assert.deepEqual((await report(`${range}&strict=true`)).items.map(({ episodes }) => episodes), [2, 1, 0]);
  assert.deepEqual((await report(`${range}&tolerance_kmh=4.9`)).items.map(({ episodes }) => episodes), [4, 1, 0]);

  const one = await report(`${range}&vehicle=hand_2`);
  assert.deepEqual([one.items.length, one.items[0].rank, one.ranked, one.total.episodes, one.fleet.episodes], [1, 2, 2, 1, 4], 'the rank is that in the fleet');
  const his = await report(`${range}&vehicle=hand_1&group_by=driver`);
  assert.deepEqual(his.items.map(({ driver, rank }) => [driver, rank]), [['Ann', 1], ["Bob O'Hara", 1]], 'equal rates share a rank');
});

test('days that are cut are shared out by time, and the report says so', async () => {
  const body = await report('from=2025-06-01T12:00:00Z&to=2025-06-02T06:00:00Z&tz=UTC');
  assert.equal(body.whole_days, false);
  near(body.items.find(({ vehicle }) => vehicle === 'hand_1').distance_km, 50 + 12.5, 'half of the one, a quarter of the other');
  const elsewhere = await report('from=2025-06-01&to=2025-06-02&tz=America/Los_Angeles&group_by=day');
  assert.deepEqual([elsewhere.from, elsewhere.whole_days], ['2025-06-01T07:00:00Z', false]);
});

/** Whole numbers from a seed, the same in every run. */
function dice(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const random = { vehicles: [], days: [], episodes: [] };
const FIRST = Date.parse('2026-03-01T00:00:00Z');

async function plantRandom() {
  const roll = dice(4711);
  random.vehicles = Array.from({ length: 12 }, (_, i) => `random_${i}`);
  await plantVehicles(program, random.vehicles);
  for (const vehicle of random.vehicles) {
    for (let day = 0; day < 60; day += 1) {
      for (const driver of roll(3) === 0 ? [7, 8] : [roll(3) === 0 ? 0 : 7 + roll(2)]) {
        random.days.push({ vehicle, driver, day: new Date(FIRST + day * DAY).toISOString().slice(0, 10), km: 1 + roll(300_000) / 1000, knownKm: roll(1000) / 1000,
          overKm: roll(1000) / 1000, hours: roll(80_000) / 10_000, movingHours: 1, overHours: roll(100) / 100 });
      }
    }
  }
  for (let i = 0; i < 900; i += 1) {
    const vehicle = random.vehicles[roll(roll(2) === 0 ? 3 : 12)];
    random.episodes.push({ vehicle, at: new Date(FIRST + i * 5_700_000 + roll(5_000_000)).toISOString(), seconds: roll(40), excess: 1 + roll(500) / 10,
      samples: 1 + roll(8), driver: [0, 7, 8][roll(3)], gap: roll(10) === 0 ? 90 : 10, quality: roll(10) === 0 ? 1 : 0 });
  }
  await plantDays(program, random.days);
  await plantEpisodes(program, random.episodes);
}

const localDay = (zone) => {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' });
  return (at) => format.format(new Date(at));
};

test('the sums are those of a plain loop', async () => {
  await plantRandom();
  const zone = 'UTC';
  const dayOf = localDay(zone);
  for (const [groupBy, tolerance, duration, samples] of [['vehicle', 5, 10, 2], ['driver', 0, 0, 1], ['day', 20, 15.5, 3]]) {
    const from = '2026-03-20';
    const to = '2026-04-19';
    const { items } = await report(`from=${from}&to=${to}&tz=${zone}&group_by=${groupBy}&tolerance_kmh=${tolerance}&min_duration_s=${duration}&min_samples=${samples}&limit=1000`);
    const expected = new Map();
    const keyOf = (row, day) => ({ vehicle: row.vehicle, driver: { 0: null, 7: 'Ann', 8: "Bob O'Hara" }[row.driver], day }[groupBy]);
    const sums = (key) => expected.get(key) ?? expected.set(key, { km: 0, episodes: 0, worst: null }).get(key);
    for (const row of random.days.filter(({ day }) => day >= from && day < to)) {
      sums(keyOf(row, row.day)).km += row.km;
    }
    for (const row of random.episodes.filter(({ at, excess, seconds, samples: n }) => dayOf(at) >= from && dayOf(at) < to
      && Math.fround(excess) > tolerance && seconds >= duration && n >= samples)) {
      const sum = sums(keyOf(row, dayOf(row.at)));
      sum.episodes += 1;
      sum.worst = Math.max(sum.worst ?? 0, row.excess);
    }
    assert.deepEqual(new Set(items.map((item) => item[groupBy])), new Set(expected.keys()));
    for (const item of items) {
      const sum = expected.get(item[groupBy]);
      near(item.distance_km, sum.km, `${item[groupBy]} km`);
      assert.equal(item.episodes, sum.episodes, item[groupBy]);
      near(item.worst_excess_kmh, sum.worst, `${item[groupBy]} worst`);
      assert.equal(item.episodes, item.minor + item.moderate + item.severe + item.extreme);
    }
    const byRate = [...items].sort((a, b) => a.rank - b.rank);
    byRate.slice(1).forEach((item, i) => assert.ok(item.per_100_km <= byRate[i].per_100_km));
  }
});

const QUERIES = [];
for (const groupBy of ['vehicle', 'driver', 'day']) {
  for (const range of ['from=2026-03-20&to=2026-04-19&tz=UTC', 'from=2026-03-20&to=2026-04-19&tz=Europe/Berlin', 'from=2026-04-10T05:17:00Z&to=2026-04-11T11:00:00.5Z',
    'from=2026-03-28&to=2026-03-30&tz=Australia/Lord_Howe']) {
    QUERIES.push(`group_by=${groupBy}&${range}`);
  }
  for (const more of ['strict=true', 'tolerance_kmh=0&min_duration_s=0&min_samples=1', 'tolerance_kmh=12.3&min_duration_s=7.5&min_samples=4', 'band=minor&band=extreme',
    'review=excused&review=open', 'vehicle=random_1&vehicle=random_5', "driver=Bob%20O'Hara", 'driver=', 'vehicle=nobody', 'driver=x%5C%27%3B%20DROP%20TABLE%20driver%3B--',
    'vehicle=random_0&driver=Ann&strict=true&tolerance_kmh=9.9']) {
    QUERIES.push(`group_by=${groupBy}&from=2026-03-05&to=2026-04-04&tz=UTC&${more}`);
  }
}

async function rowsOfSql(query) {
  const answer = await program.get(`${REPORT}?${query}&f=sql`);
  assert.equal(answer.status, 200, answer.text);
  assert.match(answer.headers.get('content-type'), /^application\/sql/);
  const target = `host=${path.join(program.data, 'run')} dbname=crumbtrail`;
  const rows = await psql(target, `SELECT row_to_json(shown) FROM (${answer.text}) shown`);
  return rows.map(([row]) => JSON.parse(row));
}

function compareRows(items, rows, groupBy, what, rounded = undefined) {
  assert.equal(items.length, rows.length, what);
  const byKey = new Map(rows.map((row) => [groupBy === 'day' ? row.day : row.key, row]));
  for (const item of items) {
    const row = byKey.get(groupBy === 'day' ? item.day : item[`${groupBy}_id`]);
    assert.ok(row, `${what}: ${JSON.stringify(item)}`);
    for (const [name, value] of Object.entries(item).filter(([name]) => !name.endsWith('_id') || name === 'worst_episode_id')) {
      if (typeof value === 'number' || value === null) {
        near(value, row[name] ?? null, `${what}: ${name}`, rounded);
      } else {
        assert.equal(value, row[name], `${what}: ${name}`);
      }
    }
  }
}

test('the SQL that is shown gives the same numbers', async () => {
  const [[id]] = await program.sql("SELECT episode_id FROM bi.speeding_episodes WHERE vehicle = 'random_1' AND is_strict ORDER BY started_at DESC LIMIT 1");
  const review = await program.get(`/v1/speeding/episodes/${id}`, { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: '{"review":"excused"}' });
  assert.equal(review.status, 200);
  for (const query of QUERIES) {
    const { items } = await report(`${query}&limit=1000`);
    compareRows(items, await rowsOfSql(query), /group_by=(\w+)/.exec(query)[1], query);
  }
});

test('a server that keeps nothing in memory answers the same', async () => {
  for (const query of QUERIES) {
    const [summed, held] = [await report(query, forgetful), await report(query)];
    if (held.whole_days) {
      assert.deepEqual(summed, held, query);
    } else {
      // What is shared out by time is no whole number: added in another order, the last digit may be rounded otherwise.
      assert.deepEqual(Object.keys(summed), Object.keys(held));
      compareRows(held.items, summed.items.map((item) => ({ ...item, key: item.vehicle_id ?? item.driver_id })), held.group_by, query, 1.1e-3);
    }
  }
});

test('an answer counts what was committed before, and what was reviewed', async () => {
  const query = 'from=2026-08-01&to=2026-08-03&tz=UTC&strict=true';
  const count = async () => (await report(query)).total.episodes;
  assert.equal(await count(), 0);
  for (let i = 1; i <= 5; i += 1) {
    await plantEpisodes(program, [{ vehicle: 'random_0', at: `2026-08-0${1 + (i % 2)}T0${i}:00:00Z` }]);
    assert.equal(await count(), i);
  }
  const [episode] = (await program.get('/v1/speeding/episodes?from=2026-08-01&to=2026-08-03&tz=UTC')).body.items;
  const patch = (review) => program.get(`/v1/speeding/episodes/${episode.id}`, { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ review }) });
  await patch('disputed');
  assert.equal(await count(), 4);
  assert.equal((await report(`${query}&review=disputed`)).total.episodes, 0);
  assert.equal((await report('from=2026-08-01&to=2026-08-03&tz=UTC')).total.episodes, 5);
  await patch('confirmed');
  assert.equal(await count(), 5);
  await program.sql(`DELETE FROM speeding_episode WHERE started_at >= '2026-08-01Z' AND started_at < '2026-08-03Z'`);
  await touchDays(program, ['2026-08-01', '2026-08-02']);
  assert.equal(await count(), 0);
});

test('pages, CSV and NDJSON have the same rows', async () => {
  const query = 'from=2026-03-05&to=2026-04-04&tz=UTC';
  for (const groupBy of ['vehicle', 'day']) {
    const whole = (await report(`${query}&group_by=${groupBy}&limit=1000`)).items;
    const paged = [];
    for (let url = `${program.base}${REPORT}?${query}&group_by=${groupBy}&limit=5`; url !== null;) {
      const page = await (await fetch(url)).json();
      paged.push(...page.items);
      url = page.next;
    }
    assert.deepEqual(paged, whole);
    const ndjson = (await program.get(`${REPORT}?${query}&group_by=${groupBy}&f=ndjson`)).text.trim().split('\n').map((line) => JSON.parse(line));
    assert.deepEqual(ndjson, whole);
    const [header, ...lines] = (await program.get(`${REPORT}?${query}&group_by=${groupBy}&f=csv`)).text.trim().split('\r\n');
    assert.equal(header, Object.keys(whole[0]).join(','));
    assert.equal(lines.length, whole.length);
    assert.equal(lines[0].split(',')[1 + header.split(',').slice(1).indexOf('episodes')], String(whole[0].episodes));
  }
});

test('every error names its parameter', async () => {
  for (const [query, name] of [['group_by=fleet', 'group_by'], ['tz=Nowhere', 'tz'], ['limit=10001', 'limit'], ['cursor=abc', 'cursor'], ['f=sql&strict=1', 'strict'], ['sort=worst', 'sort']]) {
    const { status, body } = await program.get(`${REPORT}?${query}`);
    assert.equal(status, 400, query);
    assert.equal(body.errors[0].name, name, query);
  }
  assert.equal((await program.get(`${REPORT}?f=geojson`)).status, 406);
});
