// What the analysis costs: following a fleet that reports all the time, beside a full load of ingest, and computing a day anew after
// a change of rules. Prints figures, goals and ratios.
//
//   node tests/bench/analysis.js [--vehicles 10000] [--interval 5] [--seconds 60] [--map portland.osm.pbf] [--rows-per-vehicle 1000]
//                                [--parts follow,ingest,recompute]
//
// Needs build/release/crumbtrail and build/bench/bench_breadcrumbs. Makes a cluster of its own and removes it.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { after, test } from 'node:test';

import { BINARY, INGEST_KEY, Program, SHARED_DATA, eventually, psql, run, sleep } from '../integration/support/program.js';

const ROOT = path.resolve(path.dirname(new URL(import.meta.url).pathname), '../..');
const GENERATOR = process.env.BENCH_BREADCRUMBS ?? path.join(ROOT, 'build/bench/bench_breadcrumbs');
const { values: options } = parseArgs({
  options: {
    vehicles: { type: 'string', default: '10000' },
    interval: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '60' },
    map: { type: 'string', default: path.join(SHARED_DATA, 'osm/portland.osm.pbf') },
    'rows-per-vehicle': { type: 'string', default: '1000' },
    parts: { type: 'string', default: 'follow,ingest,recompute' },
  },
});
const VEHICLES = Number(options.vehicles);
const PARTS = options.parts.split(',');
const TICKS = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
const children = new Set();

after(() => {
  for (const child of children) {
    child.kill('SIGKILL');
  }
});

function start(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  children.add(child);
  child.exited = once(child, 'exit').then(() => { children.delete(child); });
  return child;
}

/** Processor time of the analyser's thread and of its PostgreSQL process, in seconds. */
async function cpu(program) {
  const [[pid]] = await program.sql(`SELECT pid FROM pg_stat_activity WHERE application_name = 'crumbtrail analyser'`);
  const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  const thread = await program.metric('crumbtrail_analysis_cpu_seconds');
  return { thread, backend: (Number(fields[11]) + Number(fields[12])) / TICKS };
}

async function analysedRows(program) {
  const [[seq]] = await program.sql('SELECT seq FROM analysis_progress');
  return Number(seq);
}

function simulate(program, more) {
  return start(BINARY, ['simulate', '--to', `${program.base}/ingest/iot`, '--ingest-key', INGEST_KEY, '--data', program.data, '--vehicles',
    String(VEHICLES), '--interval', options.interval, '--move', '100000', '--speeders', String(VEHICLES / 10), '--reefers', String(VEHICLES / 10), ...more]);
}

test('following a fleet', { skip: !PARTS.includes('follow') }, async () => {
  const program = await new Program().start();
  if (fs.existsSync(options.map)) {
    const imported = await run(['import-osm', options.map, '--data', program.data], { timeoutMs: 1_800_000 });
    console.log(imported.code === 0 ? `# roads of ${path.basename(options.map)}` : `# no roads: ${imported.err}`);
  }
  await program.sql(`INSERT INTO speed_rule VALUES (0, 90, now());
    INSERT INTO temperature_rule (name, highest_c, updated_at) VALUES ('cold', -15, now());
    INSERT INTO rule_change (changed_at, kind, subject) VALUES (now(), 'speed', 'fleet')`);
  const load = simulate(program, ['--batch', '100', '--connections', '8']);
  await eventually(async () => (await analysedRows(program)) > VEHICLES * 4, { timeoutMs: 180_000, what: 'the load' });
  const lags = [];
  const before = { ...(await cpu(program)), rows: await analysedRows(program), at: Date.now() };
  while (Date.now() - before.at < Number(options.seconds) * 1000) {
    lags.push((await program.get('/v1/analysis/status')).body.lag_s);
    await sleep(500);
  }
  const now = { ...(await cpu(program)), rows: await analysedRows(program), at: Date.now() };
  const seconds = (now.at - before.at) / 1000;
  load.kill('SIGINT');
  await load.exited;
  lags.sort((a, b) => a - b);
  console.log(`breadcrumbs a second: ${((now.rows - before.rows) / seconds).toFixed(0)}`);
  console.log(`lag: median ${lags[lags.length >> 1]} s, largest ${lags.at(-1)} s (goal: under 3 s)`);
  console.log(`processors: thread ${((now.thread - before.thread) / seconds).toFixed(3)}, its PostgreSQL process ${
    ((now.backend - before.backend) / seconds).toFixed(3)}, together ${
    ((now.thread - before.thread + now.backend - before.backend) / seconds).toFixed(3)} (goal: under 0.5)`);
  await program.stop();
});

async function ingestRate(program) {
  const rows = async () => Number((await program.sql('SELECT head FROM feed'))[0][0]);
  const load = simulate(program, ['--rate', '0', '--batch', '100', '--connections', '32']);
  await sleep(5000);
  const before = { rows: await rows(), at: Date.now() };
  await sleep(Number(options.seconds) * 500);
  const rate = ((await rows()) - before.rows) / ((Date.now() - before.at) / 1000);
  load.kill('SIGINT');
  await load.exited;
  return rate;
}

test('ingest beside it', { skip: !PARTS.includes('ingest') }, async () => {
  const rates = [];
  for (const analyses of [true, false]) {
    const program = await new Program().start();
    let holder;
    if (!analyses) {
      holder = psql(`host=${program.data}/run dbname=crumbtrail`, `SELECT pg_terminate_backend(pid) FROM pg_locks
        WHERE locktype = 'advisory' AND classid = 7237001 AND objid = 2; SELECT pg_advisory_lock(7237001, 2); SELECT pg_sleep(3600)`).catch(() => null);
      await eventually(async () => (await program.metric('crumbtrail_analysis_leader')) === 0, { timeoutMs: 30_000, what: 'no analysis' });
    }
    rates.push(await ingestRate(program));
    await program.kill();
    await holder;
  }
  console.log(`ingest: ${rates[0].toFixed(0)} a second with the analysis, ${rates[1].toFixed(0)} without, ratio ${
    (rates[0] / rates[1]).toFixed(2)} (goal: 0.8)`);
});

test('a day anew', { skip: !PARTS.includes('recompute') }, async () => {
  const perVehicle = Number(options['rows-per-vehicle']);
  const program = await new Program().start();
  const target = `host=${program.data}/run dbname=crumbtrail`;
  await program.sql(`SELECT ensure_breadcrumb_partition('2026-11-01')`);
  await program.sql(`INSERT INTO vehicle (vehicle_id, name, created_at) SELECT i, 'iotfleet_bench_' || i, now() FROM generate_series(1, ${VEHICLES}) i`);
  const psqlCommand = process.getuid() === 0 ? ['runuser', ['-u', 'postgres', '--', 'psql']] : ['psql', []];
  const generator = spawn(GENERATOR, ['2026-11-01', 1, VEHICLES, perVehicle].map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
  const copy = spawn(psqlCommand[0], [...psqlCommand[1], '-X', '-q', '-d', target, '-c', 'COPY breadcrumb FROM STDIN (FORMAT binary)'],
    { cwd: '/', stdio: [generator.stdout, 'inherit', 'inherit'] });
  await once(copy, 'exit');
  await program.sql(`UPDATE feed SET head = ${VEHICLES * perVehicle}; UPDATE analysis_progress SET seq = ${VEHICLES * perVehicle}`);
  await program.sql('VACUUM ANALYZE breadcrumb');
  for (const limit of [100, 95]) {
    const before = { ...(await cpu(program)), at: Date.now() };
    await program.sql(`BEGIN; DELETE FROM speed_rule; INSERT INTO speed_rule VALUES (0, ${limit}, now());
      INSERT INTO rule_change (changed_at, kind, subject) VALUES (now(), 'speed', 'fleet');
      INSERT INTO recompute (requested_at, reason, vehicle_id, from_at, until_at, needs_matching)
        VALUES (now(), 'bench', 0, '-infinity', 'infinity', false); COMMIT`);
    await eventually(async () => (await program.sql('SELECT 1 FROM recompute WHERE finished_at IS NULL')).length === 0,
      { timeoutMs: 1_800_000, everyMs: 100, what: 'the recomputation' });
    const now = await cpu(program);
    const [[seconds]] = await program.sql(`SELECT extract(epoch FROM max(finished_at - started_at)) FROM recompute
      WHERE recompute_id = (SELECT max(recompute_id) FROM recompute)`);
    const [[episodes]] = await program.sql('SELECT count(*) FROM speeding_episode');
    console.log(`${VEHICLES * perVehicle} breadcrumbs anew: ${Number(seconds).toFixed(1)} s (goal for 10,000,000: 60 s), thread ${
      (now.thread - before.thread).toFixed(1)} s, PostgreSQL ${(now.backend - before.backend).toFixed(1)} s of processor; ${
      ((Date.now() - before.at) / 1000).toFixed(1)} s in all, ${episodes} episodes`);
  }
  await program.stop();
});
