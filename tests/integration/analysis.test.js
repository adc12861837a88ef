// The analyser against a real database: whatever happens on the way, the derived rows are those of a single clean run.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { analysed, derivedRows } from './support/analysis.js';
import { seeded } from './support/kill_load.js';
import { Program, iotEvent, sleep } from './support/program.js';

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

async function setRules(program) {
  await program.sql(`INSERT INTO speed_rule VALUES (0, 80, now());
    INSERT INTO temperature_rule (name, highest_c, urgent_highest_c, updated_at) VALUES ('frozen', -15, -10, now());
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
      assert.deepEqual(tables(expected), new Set(['trip', 'stop', 'speeding_episode', 'drive_day', 'excursion', 'condition']));
      await program.stop();
    });
  }
});
