// How fast reports of speeding are answered: 900,000 episodes and as many day sums of 10,000 vehicles over 90 days. Each question is
// asked over HTTP and, in the same run, of PostgreSQL by psql with the statement that the server itself shows for it (f=sql).
//
//   node tests/bench/reports.js [--vehicles 10000] [--days 90] [--database URL]
//
// Needs build/release/crumbtrail. Without --database a cluster of its own is made and removed.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { after, test } from 'node:test';

import { Program, psql } from '../integration/support/program.js';

const { values: options } = parseArgs({
  options: { database: { type: 'string' }, vehicles: { type: 'string', default: '10000' }, days: { type: 'string', default: '90' } },
});
const VEHICLES = Number(options.vehicles);
const DAYS = Number(options.days);
const FIRST_DAY = '2026-08-01';
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const dayAfter = (days) => new Date(Date.parse(`${FIRST_DAY}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
const ALL = `from=${FIRST_DAY}&to=${dayAfter(DAYS)}&tz=UTC`;
const MONTH = `from=${FIRST_DAY}&to=${dayAfter(30)}&tz=UTC`;

/** Most vehicles have an episode a day, at any time of it and of any excess up to 50 km/h. */
async function plant(target) {
  const [[rows]] = await psql(target, 'SELECT count(*) FROM speeding_episode');
  if (Number(rows) >= VEHICLES * DAYS) {
    return;
  }
  await psql(target, `INSERT INTO vehicle (vehicle_id, name, created_at) SELECT i, 'iotfleet_bench_' || i, now() FROM generate_series(1, ${VEHICLES}) i`);
  await psql(target, `INSERT INTO driver (driver_id, name, pseudonym, created_at) SELECT i, 'Driver ' || i, 'D' || i, now() FROM generate_series(1, ${VEHICLES / 2}) i`);
  await psql(target, `INSERT INTO drive_day (vehicle_id, day, driver_id, distance_m, known_limit_m, over_limit_m, observed_s, moving_s, known_limit_s,
      over_limit_s, samples, max_speed_kmh, revision)
    SELECT v, '${FIRST_DAY}'::date + d, (v + d) % ${VEHICLES / 2} + 1, 50000 + (v * 7919 + d * 104729) % 200000, 40000 + (v * 7919 + d * 104729) % 150000,
           (v * 31 + d * 17) % 5000, 20000 + (v + d) % 9000, 15000, 14000, (v + d) % 700, 4000, 80 + (v + d) % 60, 1
      FROM generate_series(0, ${DAYS - 1}) d, generate_series(1, ${VEHICLES}) v`);
  await psql(target, `INSERT INTO speeding_episode (vehicle_id, started_at, ended_at, driver_id, before_s, after_s, distance_m, samples, largest_gap_s,
      max_speed_kmh, mean_speed_kmh, p95_speed_kmh, limit_kmh, limit_source, max_excess_kmh, mean_excess_kmh, excess_integral_kmh_s, quality, end_reason,
      started_geom, peak_at, peak_geom, ended_geom, is_open, revision, rule_version)
    SELECT v, t, t + make_interval(secs => 5 * n), (v + d) % ${VEHICLES / 2} + 1, 5, 5, 500, n + 1, 5, 80 + x, 80 + x / 2, 80 + x, 80, 6, x, x / 2, x * n, 0, 1,
           p, t, p, p, false, 1, 1
      FROM generate_series(0, ${DAYS - 1}) d, generate_series(1, ${VEHICLES}) v,
           LATERAL (SELECT '${FIRST_DAY}T00:00Z'::timestamptz + make_interval(days => d, secs => (v * 7919 + d * 104729) % 86400) AS t,
                           ((v * 13 + d * 7) % 50 + 0.5)::real AS x, (v + d) % 12 AS n, ST_SetSRID(ST_Point(-122.6, 45.5), 4326) AS p) s`);
  await psql(target, `INSERT INTO analysis_day SELECT '${FIRST_DAY}'::date + d, nextval('analysis_day_change_seq') FROM generate_series(0, ${DAYS}) d`);
  await psql(target, 'VACUUM ANALYZE');
}

function get(url) {
  const started = process.hrtime.bigint();
  return new Promise((resolve, reject) => {
    http.get(url, { agent }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => (response.statusCode === 200
        ? resolve({ ms: Number(process.hrtime.bigint() - started) / 1e6, body: Buffer.concat(chunks).toString() })
        : reject(new Error(`${url} answered ${response.statusCode}: ${Buffer.concat(chunks)}`))));
    }).on('error', reject);
  });
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Milliseconds of a statement by psql's own clock, the best of a few runs. */
function psqlMs(target, statement, runs = 3) {
  const [command, args] = process.getuid() === 0 ? ['runuser', ['-u', 'postgres', '--', 'psql']] : ['psql', []];
  const script = `SET jit = off;\n\\o /dev/null\n\\timing on\n${`${statement};\n`.repeat(runs)}`;
  const out = execFileSync(command, [...args, '-X', '-q', '-d', target], { cwd: '/', input: script, encoding: 'utf8' });
  return Math.min(...[...out.matchAll(/Time: ([\d.]+) ms/g)].map((match) => Number(match[1])));
}

/** The sums of such a report and nothing else: the least that PostgreSQL has to do. */
const BARE_SUMS = `SELECT count(*) FROM (SELECT vehicle_id, count(*), count(*) FILTER (WHERE max_excess_kmh <= 10), max(max_excess_kmh)
     FROM speeding_episode WHERE started_at >= '${FIRST_DAY}Z' AND started_at < '${dayAfter(DAYS)}Z' AND max_excess_kmh > 5 AND samples >= 2
      AND ended_at - started_at >= '10 s' GROUP BY 1) e
  JOIN (SELECT vehicle_id, sum(distance_m), sum(known_limit_m), sum(over_limit_m), sum(observed_s), sum(over_limit_s) FROM drive_day
         WHERE day >= '${FIRST_DAY}' AND day < '${dayAfter(DAYS)}' GROUP BY 1) d USING (vehicle_id)`;

async function question(program, target, name, url, goal, statement) {
  const samples = [];
  for (let i = 0; i < 25; i += 1) {
    samples.push(await get(program.base + url));
  }
  const ms = median(samples.slice(5).map((sample) => sample.ms));
  const compared = psqlMs(target, statement ?? (await get(`${program.base}${url}&f=sql`)).body);
  console.log(`${name.padEnd(44)} ${ms.toFixed(1).padStart(7)} ms  goal ${String(goal).padStart(4)}  ${ms <= goal ? 'ok' : 'MISSED'}`
    + `  psql ${compared.toFixed(0).padStart(6)} ms  ratio ${(compared / ms).toFixed(1)}`);
}

function residentMib(pid) {
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024);
}

test('reports', { timeout: 3_600_000 }, async () => {
  const program = await new Program({ database: options.database, flags: ['--report-memory-mb', '1024', '--query-timeout-ms', '600000'] }).start({ timeoutMs: 120_000 });
  const target = options.database ?? `host=${path.join(program.data, 'run')} dbname=crumbtrail`;
  await plant(target);
  const [[episodes]] = await psql(target, 'SELECT count(*) FROM speeding_episode');
  const before = residentMib(program.child.pid);
  const first = await get(`${program.base}/v1/speeding/report?${ALL}`);
  console.log(`${episodes} episodes of ${VEHICLES} vehicles; the first answer, which reads them, ${first.ms.toFixed(0)} ms;`
    + ` held in ${residentMib(program.child.pid) - before} MiB`);
  const report = '/v1/speeding/report';
  await question(program, target, 'league table, 5 km/h', `${report}?${ALL}`, 300);
  await question(program, target, 'the same against the bare sums', `${report}?${ALL}`, 300, BARE_SUMS);
  await question(program, target, 'league table, 17.3 km/h, strict', `${report}?${ALL}&tolerance_kmh=17.3&strict=true`, 300);
  await question(program, target, 'league table, every row as CSV', `${report}?${ALL}&f=csv&tolerance_kmh=0`, 300, BARE_SUMS);
  await question(program, target, 'by driver', `${report}?${ALL}&group_by=driver`, 300);
  await question(program, target, 'by day', `${report}?${ALL}&group_by=day`, 300);
  await question(program, target, "one vehicle's month, with its rank", `${report}?${MONTH}&vehicle=iotfleet_bench_77`, 30);
  const list = fs.readFileSync(new URL('../../api/sql/list_episodes_of_vehicles.sql', import.meta.url), 'utf8');
  const literals = { 1: `'${FIRST_DAY}Z'`, 2: `'${dayAfter(30)}Z'`, 3: '-1', 4: '101', 5: '5', 6: '10', 7: '2', 8: 'false', 9: 'NULL', 10: 'NULL', 11: 'NULL', 12: "'{77}'" };
  await question(program, target, "one vehicle's month of episodes", `/v1/speeding/episodes?${MONTH}&vehicle=iotfleet_bench_77`, 30,
    list.replace(/^--.*\n/gm, '').replace(/\$(\d+)/g, (_, number) => literals[number]));
  await psql(target, `UPDATE analysis_day SET change = nextval('analysis_day_change_seq') WHERE day = '${dayAfter(DAYS - 1)}'`);
  const again = await get(`${program.base}${report}?${ALL}`);
  console.log(`one day of ${VEHICLES} vehicles read again: ${again.ms.toFixed(0)} ms`);
  await program.stop();
});

after(() => agent.destroy());
