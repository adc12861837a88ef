// Reports of what vehicles really sent: the analysis makes the rows while reports are asked for, from memory and by SQL, by servers
// that hold everything, little and nothing.
import assert from 'node:assert/strict';
import path from 'node:path';
import { before, test } from 'node:test';

import { analysed } from './support/analysis.js';
import { Program, eventually, iotEvent } from './support/program.js';

const program = new Program({ flags: ['--speed-unit', 'kmh'] });
const START = Math.floor(Date.now() / 1000) - 6 * 3600;
const RANGE = `from=${new Date((START - 86_400) * 1000).toISOString()}&to=${new Date((START + 86_400) * 1000).toISOString()}&tolerance_kmh=0&min_duration_s=0&min_samples=1`;
let small;
let forgetful;

before(async () => {
  await program.start();
  const database = `postgresql:///crumbtrail?host=${path.join(program.data, 'run')}&user=postgres`;
  small = await new Program({ database, flags: ['--report-memory-mb', '1'] }).start();
  forgetful = await new Program({ database, flags: ['--report-memory-mb', '0'] }).start();
  await put('/v1/rules/speed/fleet', { limit_kmh: 80 });
});

async function put(target, body) {
  const answer = await program.get(target, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  assert.ok(answer.status < 300, answer.text);
}

/** A breadcrumb each ten seconds on a straight road; speeds in km/h from second `from` on. */
function drive(vehicle, from, speeds) {
  return speeds.map((speed, i) => iotEvent({ vehicle, version: from + i, seconds: START + from + i * 10, speed: String(speed), lon: -122.7 + (from + i * 10) / 40_000 }));
}

async function send(events) {
  await eventually(async () => (await program.post(events)).status === 200, { timeoutMs: 60_000, what: 'the events being stored' });
}

async function report(server, query = RANGE) {
  const answer = await server.get(`/v1/speeding/report?${query}&limit=1000`);
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}

/** What every server says once nothing is left to analyse. */
async function agreed(query = RANGE) {
  await analysed(program);
  const held = await report(program, query);
  assert.deepEqual(await report(forgetful, query), held);
  assert.deepEqual(await report(small, query), held);
  return held;
}

const countOf = (body, vehicle) => body.items.find((item) => item.vehicle === vehicle)?.episodes ?? 0;

test('what was driven is in the next report, late data and new limits too', async () => {
  await send(drive('live_1', 0, [70, 90, 95, 70, 70, 85, 70, 70]));
  await send(drive('live_2', 0, [70, 75, 78, 70]));
  let body = await agreed();
  assert.equal(countOf(body, 'live_1'), 2);
  assert.equal(countOf(body, 'live_2'), 0);
  assert.ok(body.total.distance_km > 0 && body.total.known_limit_share === 1, 'the limit of the fleet is known everywhere');
  await send(drive('live_2', 40, [100, 101, 70]));
  body = await agreed();
  assert.equal(countOf(body, 'live_2'), 1);
  await send(drive('live_2', 5, [99]));
  await agreed();
  await put('/v1/rules/speed/vehicles/live_1', { limit_kmh: 92 });
  body = await agreed();
  assert.equal(countOf(body, 'live_1'), 1, 'computed anew for the past');
  assert.equal(body.items.find(({ vehicle }) => vehicle === 'live_1').worst_excess_kmh, 3);
});

test('reports while rows change agree with what is stored in the end', async () => {
  const vehicles = Array.from({ length: 8 }, (_, i) => `busy_${i}`);
  let done = false;
  const readers = [program, small].map(async (server) => {
    for (let last = 0; !done;) {
      const { total } = await report(server);
      assert.ok(total.episodes >= last, 'nothing that was counted goes away');
      last = total.episodes;
    }
  });
  for (let round = 0; round < 10; round += 1) {
    await send(vehicles.flatMap((vehicle, i) => drive(vehicle, 1000 + round * 100, [70, 85 + i, 90 + round, 70, 70, 70, 70, 70, 70, 70])));
  }
  const body = await agreed();
  done = true;
  await Promise.all(readers);
  for (const vehicle of vehicles) {
    assert.equal(countOf(body, vehicle), 10, vehicle);
  }
});

test('days that do not fit into memory are summed up by the database, and let go when others are asked for', async () => {
  // 1 MiB holds about 20,000 episodes: two days of 12,000 do not fit together.
  await program.sql("INSERT INTO vehicle (name, created_at) SELECT 'many_' || i, now() FROM generate_series(1, 12000) i");
  await program.sql(`INSERT INTO speeding_episode (vehicle_id, started_at, ended_at, driver_id, distance_m, samples, largest_gap_s, max_speed_kmh, mean_speed_kmh,
      p95_speed_kmh, limit_kmh, limit_source, max_excess_kmh, mean_excess_kmh, excess_integral_kmh_s, quality, end_reason, started_geom, peak_at, peak_geom, ended_geom,
      is_open, revision, rule_version)
    SELECT vehicle_id, t, t + interval '20 s', 0, 500, 5, 5, 90, 85, 90, 80, 6, 1 + vehicle_id % 50, 5, 100, 0, 1, p, t, p, p, false, 1, 1
      FROM vehicle, generate_series('2026-01-01Z'::timestamptz, '2026-01-05Z', '1 day') d,
           LATERAL (SELECT d + make_interval(secs => vehicle_id) AS t, ST_SetSRID(ST_Point(1, 1), 4326) AS p) s
     WHERE name LIKE 'many_%'`);
  await program.sql("INSERT INTO analysis_day SELECT d, nextval('analysis_day_change_seq') FROM generate_series('2026-01-01'::date, '2026-01-05', '1 day') d");
  for (const [from, to, count] of [[1, 2, 12_000], [4, 5, 12_000], [1, 4, 36_000], [2, 3, 12_000], [1, 2, 12_000]]) {
    const query = `from=2026-01-0${from}&to=2026-01-0${to}&tz=UTC&tolerance_kmh=0`;
    for (const server of [program, small, forgetful]) {
      const { total } = await report(server, query);
      assert.equal(total.episodes, count, query);
    }
    assert.deepEqual((await report(small, query)).items, (await report(program, query)).items);
  }
});
