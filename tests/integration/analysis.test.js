// The analyser against a real database: whatever happens on the way, the derived rows are those of a single clean run.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { analysed, derivedRows } from './support/analysis.js';
import { seeded } from './support/random.js';
import { Program, eventually, iotEvent, sleep } from './support/program.js';

const ROUNDS = Number(process.env.CRUMBTRAIL_ANALYSIS_ROUNDS ?? 3);
const SEED = Number(process.env.CRUMBTRAIL_ANALYSIS_SEED ?? Math.floor(Math.random() * 4294967296));
const DAY_S = 86_400;
/** Two days ago, midnight in UTC: the first of the days that the vehicles drive. */
const BEGIN_S = Math.floor(Date.now() / 1000 / DAY_S) * DAY_S - 2 * DAY_S;

/** Two days of some vehicles that drive, stop, speed and warm up, each event once and in order. */
function makeDays(random, vehicles = 3) {
  const events = [];
  for (let vehicle = 0; vehicle < vehicles; vehicle += 1) {
    let seconds = BEGIN_S + random.below(3600);
    let lat = 45 + vehicle / 10;
    let version = 1;
    while (seconds < BEGIN_S + 2 * DAY_S) {
      const drives = random() < 0.6;
      const mph = drives ? 20 + random.below(60) : 0;
      const count = 5 + random.below(40);
      for (let i = 0; i < count; i += 1) {
        seconds += 5 + random.below(60);
        lat += drives ? 0.003 : 0;
        events.push(iotEvent({ vehicle: `analysis_${vehicle}`, version, seconds, lat, lon: -122, speed: String(mph + random.below(10)),
          ignition: drives ? '1' : '0', more: random() < 0.8 ? { temperature: -20 + random.below(12) } : {} }));
        version += 1;
      }
      seconds += random.below(3 * 3600);
    }
  }
  return events;
}

/** Late, twice, out of order, in packets. */
function disorder(events, random) {
  const shuffled = [...events].sort((a, b) => a.timestamp - b.timestamp);
  for (let i = 0; i < shuffled.length; i += 1) {
    const luck = random();
    const reach = luck < 0.02 ? shuffled.length : luck < 0.1 ? 60 : 1;
    const other = (i + random.below(reach)) % shuffled.length;
    [shuffled[i], shuffled[other]] = [shuffled[other], shuffled[i]];
  }
  const packets = [];
  for (let i = 0; i < shuffled.length;) {
    const size = 1 + random.below(random() < 0.3 ? 400 : 60);
    const packet = shuffled.slice(i, i + size);
    if (random() < 0.3) {
      packet.push(...packet.slice(0, 3), shuffled[random.below(i + 1)]);
    }
    packets.push(packet);
    i += size;
  }
  return packets;
}

async function post(program, events) {
  const answer = await program.post(events);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
}

const ZONE = `INSERT INTO geofence (name, geom, limit_kmh, dwell_s, created_at, updated_at)
  VALUES ('town', st_multi(st_makeenvelope(-123, 45.15, -121, 45.6, 4326)), 60, 600, now(), now());`;

async function setRules(program) {
  await program.sql(`INSERT INTO speed_rule VALUES (0, 80, now());
    INSERT INTO temperature_rule (name, highest_c, urgent_highest_c, updated_at) VALUES ('frozen', -15, -10, now());
    ${ZONE}
    INSERT INTO rule_change (changed_at, kind, subject) VALUES (now(), 'speed', 'fleet')`);
}

/** The same breadcrumbs in one clean run. */
async function cleanRows(events) {
  const clean = await new Program().start();
  await setRules(clean);
  for (let i = 0; i < events.length; i += 500) {
    await post(clean, events.slice(i, i + 500));
  }
  await analysed(clean);
  const rows = await derivedRows(clean);
  await clean.stop();
  return rows;
}

function tables(rows) {
  return new Set(rows.map((row) => row.split(' ')[0]));
}

test(`days in any disorder give the rows of the sorted days (CRUMBTRAIL_ANALYSIS_SEED=${SEED})`, async (t) => {
  const random = seeded(SEED);
  for (let round = 0; round < ROUNDS; round += 1) {
    await t.test(`round ${round + 1}`, async () => {
      const events = makeDays(random);
      const program = await new Program().start();
      await setRules(program);
      for (const packet of disorder(events, random)) {
        await post(program, packet);
        await sleep(random.below(80));
      }
      await analysed(program);
      const expected = await cleanRows(events);
      assert.deepEqual(await derivedRows(program), expected);
      assert.deepEqual(tables(expected), new Set(['trip', 'stop', 'speeding_episode', 'drive_day', 'excursion', 'zone_visit', 'condition']));
      await program.stop();
    });
  }
});

test('killed at any moment, again and again: nothing is lost, nothing is there twice', async () => {
  const random = seeded(SEED + 1);
  const events = makeDays(random, 4);
  const packets = disorder(events, random);
  const program = await new Program().start();
  await setRules(program);
  for (const [i, packet] of packets.entries()) {
    await post(program, packet);
    if (i % Math.ceil(packets.length / 6) === 3) {
      await sleep(random.below(600));
      await program.kill();
      program.exit = undefined;
      await program.start();
    }
  }
  await analysed(program);
  assert.deepEqual(await derivedRows(program), await cleanRows(events));
});

test('a change of rules computes the past anew, also when the server is killed meanwhile', async () => {
  const random = seeded(SEED + 2);
  const events = makeDays(random, 12);
  const program = await new Program().start();
  await program.sql(`INSERT INTO speed_rule VALUES (0, 120, now());
    INSERT INTO rule_change (changed_at, kind, subject) VALUES (now(), 'speed', 'fleet')`);
  for (let i = 0; i < events.length; i += 500) {
    await post(program, events.slice(i, i + 500));
  }
  await analysed(program);
  const before = await derivedRows(program);
  const revisions = await program.sql('SELECT vehicle_id, started_at, revision FROM trip ORDER BY 1, 2');
  await program.sql(`BEGIN; DELETE FROM speed_rule;
    INSERT INTO speed_rule VALUES (0, 80, now());
    INSERT INTO temperature_rule (name, highest_c, urgent_highest_c, updated_at) VALUES ('frozen', -15, -10, now());
    ${ZONE}
    INSERT INTO rule_change (changed_at, kind, subject) VALUES (now(), 'speed', 'fleet');
    INSERT INTO recompute (requested_at, reason, vehicle_id, from_at, until_at, needs_matching)
      VALUES (now(), 'first', 0, '-infinity', 'infinity', false), (now(), 'second', 0, '-infinity', 'infinity', false);
    COMMIT`);
  await sleep(random.below(1500));
  await program.kill();
  program.exit = undefined;
  await program.start();
  await analysed(program);
  const after = await derivedRows(program);
  assert.deepEqual(after, await cleanRows(events));
  assert.notDeepEqual(after, before);
  const { body } = await program.get('/v1/analysis/status');
  const [second, first] = body.recomputes;
  assert.deepEqual([first.reason, first.merged_into], ['first', second.recompute_id]);
  assert.deepEqual([second.vehicles_all, second.vehicles_done, second.merged_into], [12, 12, null]);
  assert.deepEqual(await program.sql('SELECT vehicle_id, started_at, revision FROM trip ORDER BY 1, 2'), revisions, 'what is the same is untouched');
});

test('of two servers one analyses; when it dies, the other goes on', async () => {
  const random = seeded(SEED + 3);
  const events = makeDays(random, 2);
  const first = await new Program().start();
  const second = await new Program({ database: `host=${first.data}/run user=postgres dbname=crumbtrail` }).start();
  const leads = async (program) => (await program.metric('crumbtrail_analysis_leader')) === 1;
  await eventually(async () => (await leads(first)) || (await leads(second)), { timeoutMs: 60_000, what: 'a leader' });
  assert.equal((await first.get('/v1/analysis/status')).body.has_leader, true);
  const leader = await leads(first);
  await setRules(first);
  await post(first, events.slice(0, 300));
  await analysed(first);
  // The cluster belongs to the first server: its connection is ended in its stead, again and again.
  const backend = `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7237001 AND objid = 2`;
  for (let i = 300; i < events.length; i += 400) {
    await post(leader ? second : first, events.slice(i, i + 400));
    await first.sql(backend);
  }
  await analysed(first);
  assert.deepEqual(await derivedRows(first), await cleanRows(events));
  await second.stop();
});

test('days are those of the depot, summer time right; another zone computes all anew', async () => {
  const program = new Program({ flags: ['--depot-time-zone', 'Europe/Berlin'] });
  await program.start();
  // 2026-03-29 has 23 hours in Berlin: from 23:00 to 22:00 in UTC.
  const at = (text, i) => iotEvent({ vehicle: 'analysis_zone', version: i, seconds: Date.parse(text) / 1000 + i * 60, lat: 52 + i / 100, lon: 13 });
  const night = Array.from({ length: 60 }, (_, i) => at('2026-03-28T22:30:00Z', i));
  const evening = Array.from({ length: 60 }, (_, i) => at('2026-03-29T19:50:00Z', i + 100));
  await post(program, night);
  await post(program, evening);
  await analysed(program);
  const days = () => program.sql('SELECT day, samples FROM drive_day ORDER BY day');
  assert.deepEqual(await days(), [['2026-03-28', '30'], ['2026-03-29', '60'], ['2026-03-30', '30']]);
  await program.stop();
  program.exit = undefined;
  program.flags = [];
  await program.start();
  const reasons = async () => (await program.get('/v1/analysis/status')).body.recomputes.map(({ reason }) => reason);
  // The zone is compared once the analysis has started, which being ready does not wait for.
  await eventually(async () => (await reasons()).length > 0, { timeoutMs: 60_000, what: 'the recomputation for the new zone' });
  await analysed(program);
  assert.deepEqual(await days(), [['2026-03-28', '60'], ['2026-03-29', '60']]);
  assert.deepEqual(await reasons(), ['depot-time-zone']);
  await program.stop();
  program.exit = undefined;
  program.flags = ['--depot-time-zone', 'Europe/Atlantis'];
  await program.start({ waitReady: false });
  assert.notEqual((await program.exited).code, 0);
  assert.match(program.log, /depot-time-zone.*Europe\/Atlantis/);
});
