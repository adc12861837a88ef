// Mixed load over every way in while the server, a process of PostgreSQL or the whole cluster is killed -9 at random moments.
// Afterwards: what was acknowledged is stored, what is stored was sent, nothing is there twice, the newest positions are right, and
// every object was read or still is to be. Five rounds; CRUMBTRAIL_KILL_ROUNDS=50 makes it long, CRUMBTRAIL_KILL_SEED repeats one.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { it } from 'node:test';

import { FakeS3 } from './support/fake_s3.js';
import { FakeSqs } from './support/fake_sqs.js';
import { KillLoad } from './support/kill_load.js';
import { postmaster } from './support/postmaster.js';
import { Program, eventually, sleep } from './support/program.js';
import { seeded } from './support/random.js';
import { AwsStandIn, SnsAuthority, TOPIC } from './support/sns_authority.js';

const ROUNDS = Number(process.env.CRUMBTRAIL_KILL_ROUNDS ?? 5);
const SEED = Number(process.env.CRUMBTRAIL_KILL_SEED ?? Math.floor(Math.random() * 4294967296));
const PATIENCE = { timeoutMs: 180_000, everyMs: 200 };

/** Process ids of the cluster's processes, without the first. */
function childrenOf(leader) {
  return fs.readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).map(Number).filter((pid) => {
    try {
      return fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')[1] === String(leader);
    } catch {
      return false;
    }
  });
}

function killProcess(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    assert.equal(error.code, 'ESRCH'); // It has ended by itself.
  }
}

async function restart(program) {
  await program.kill();
  program.exit = undefined;
  await program.start({ timeoutMs: PATIENCE.timeoutMs });
}

const KILLS = {
  server: (program) => restart(program),
  backend: async (program, random) => {
    killProcess(random.of(childrenOf(postmaster(program))));
  },
  cluster: async (program) => {
    const leader = postmaster(program);
    [leader, ...childrenOf(leader)].forEach(killProcess);
  },
  both: async (program) => {
    const leader = postmaster(program);
    await program.kill();
    [leader, ...childrenOf(leader)].forEach(killProcess);
    await restart(program);
  },
};

async function storedEvents(program) {
  const rows = await program.sql(`SELECT name || '/' || version, count(*) FROM breadcrumb JOIN vehicle USING (vehicle_id) GROUP BY 1`);
  return new Map(rows);
}

/** What must hold at any moment at which the database answers and the spool is empty. */
async function check(program, load, { acknowledged, announced }) {
  const stored = await storedEvents(program);
  const missing = [...acknowledged].filter((key) => !stored.has(key));
  assert.deepEqual(missing.slice(0, 10), [], `${missing.length} acknowledged events are not stored`);
  const strange = [...stored.keys()].filter((key) => !load.sent.has(key));
  assert.deepEqual(strange.slice(0, 10), [], `${strange.length} stored events were never sent`);
  const twice = [...stored].filter(([, count]) => count !== '1');
  assert.deepEqual(twice.slice(0, 10), [], `${twice.length} events are stored twice`);
  const [[behind]] = await program.sql(`SELECT count(*) FROM position p WHERE (recorded_at, version) <
    (SELECT recorded_at, version FROM breadcrumb b WHERE b.vehicle_id = p.vehicle_id AND flags = 0 ORDER BY recorded_at DESC, version DESC LIMIT 1)`);
  assert.equal(behind, '0', 'every position is the newest breadcrumb');
  const known = new Map(await program.sql(`SELECT object_key, state = 'read' OR (state IN ('waiting', 'reading', 'failed') AND next_try_at IS NOT NULL)
    FROM ingest_object`));
  const lost = [...announced].filter((key) => known.get(key) !== 't');
  assert.deepEqual(lost.slice(0, 10), [], `${lost.length} announced objects are neither read nor to be read`);
  assert.deepEqual(await program.sql('SELECT field, reason FROM rejected LIMIT 3'), [], 'nothing was rejected');
  return stored;
}

const spoolIsEmpty = (program) => eventually(async () => (await program.metric('crumbtrail_spool_entries').catch(() => undefined)) === 0,
  { ...PATIENCE, what: 'an empty spool' });

/** While the load goes on: what had been acknowledged by now is looked for. */
async function checkUnderLoad(program, load) {
  const acknowledged = new Set(load.acknowledged);
  const announced = [...load.objects].filter(([, isAnnounced]) => isAnnounced).map(([key]) => key);
  await spoolIsEmpty(program);
  await check(program, load, { acknowledged, announced });
}

/** Nobody sends any more: in the end all that was sent is stored, and every object read. */
async function checkAtRest(program, load) {
  await load.pause();
  await spoolIsEmpty(program);
  await eventually(() => load.queue.messages.length === 0, { ...PATIENCE, what: 'an empty queue' });
  let states = new Map();
  const areAllRead = async () => {
    states = new Map(await program.sql("SELECT object_key, state || ' ' || coalesce(error, '') FROM ingest_object"));
    return [...load.objects.keys()].every((key) => states.get(key) === 'read ');
  };
  await eventually(areAllRead, PATIENCE).catch(() => {
    const unread = [...load.objects.keys()].filter((key) => states.get(key) !== 'read ').map((key) => `${key}: ${states.get(key) ?? 'not known'}`);
    assert.deepEqual(unread.slice(0, 10), [], `${unread.length} objects are not read`);
  });
  const stored = await check(program, load, { acknowledged: load.acknowledged, announced: load.objects.keys() });
  assert.equal(stored.size, load.sent.size);
}

async function isTaken(program, path) {
  const answer = await program.get('/openapi.json');
  return answer.body.paths[path] !== undefined;
}

it(`${ROUNDS} rounds of kill -9, seed ${SEED}`, { timeout: 120_000 + ROUNDS * 120_000 }, async (context) => {
  const random = seeded(SEED);
  const aws = await new AwsStandIn().start();
  const store = await new FakeS3().start();
  const queue = await new FakeSqs().start();
  queue.visibilityMs = 2000;
  context.after(() => store.stop());
  const program = new Program({ env: store.env, flags: [...store.flags, ...queue.flags, '--aws-link-endpoint-url', aws.url, '--sns-topics-allowed', TOPIC,
    '--sweep-prefixes', `s3://${store.bucket}/iot/iotfleet/quiet/`, '--sweep-interval-s', '3'] });
  await program.start({ timeoutMs: PATIENCE.timeoutMs });
  const load = new KillLoad({ program, store, queue, random, authority: new SnsAuthority(aws), hasFirehose: await isTaken(program, '/ingest/firehose') });
  context.after(() => load.abandon());
  const kills = {};
  load.start();
  for (let round = 1; round <= ROUNDS; round += 1) {
    const what = round <= 4 ? Object.keys(KILLS)[round - 1] : random.of(Object.keys(KILLS));
    const before = load.acknowledged.size;
    await sleep(200 + random.below(1500));
    await KILLS[what](program, random);
    kills[what] = (kills[what] ?? 0) + 1;
    await program.ready(PATIENCE.timeoutMs);
    await eventually(() => load.failure ?? load.acknowledged.size > before + 20, { ...PATIENCE, what: `twenty events after round ${round} (${what})` });
    assert.ifError(load.failure);
    await (round % 10 === 0 ? checkAtRest(program, load) : checkUnderLoad(program, load));
    load.resume();
  }
  await checkAtRest(program, load);
  await load.stop();
  assert.equal(await program.stop(), 0);
  context.diagnostic(`seed ${SEED}: ${JSON.stringify(kills)} killed, ${load.sent.size} events and ${load.objects.size} objects sent, answers ${
    JSON.stringify(Object.fromEntries(load.statuses))}${load.hasFirehose ? '' : ', without Firehose'}`);
});
