// How fast history is read: 20 million breadcrumbs of 10,000 vehicles, each question asked over HTTP and, in the same run, of
// PostgreSQL itself by psql. Prints the figures, the goals and the ratio to what psql needed.
//
//   node tests/bench/queries.js [--database URL] [--rows-per-vehicle-day 1000] [--days 2] [--vehicles 10000]
//
// Needs build/release/crumbtrail and build/bench/bench_breadcrumbs. Without --database a cluster of its own is made and
// removed; a database that holds the rows already is used as it is.
import { spawn, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { after, test } from 'node:test';

import { Program, psql } from '../integration/support/program.js';

const ROOT = path.resolve(path.dirname(new URL(import.meta.url).pathname), '../..');
const GENERATOR = process.env.BENCH_BREADCRUMBS ?? path.join(ROOT, 'build/bench/bench_breadcrumbs');
const { values: options } = parseArgs({
  options: {
    database: { type: 'string' },
    vehicles: { type: 'string', default: '10000' },
    days: { type: 'string', default: '2' },
    'rows-per-vehicle-day': { type: 'string', default: '1000' },
  },
});
const VEHICLES = Number(options.vehicles);
const DAYS = Number(options.days);
const PER_DAY = Number(options['rows-per-vehicle-day']);
const FIRST_DAY = '2026-11-01';
const BOX = '-122.75,45.45,-122.60,45.57';
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

function asPostgres(command) {
  return process.getuid() === 0 ? ['runuser', ['-u', 'postgres', '--', ...command]] : [command[0], command.slice(1)];
}

function day(offset) {
  return new Date(Date.parse(`${FIRST_DAY}T00:00:00Z`) + offset * 86_400_000).toISOString().slice(0, 10);
}

async function load(target) {
  const [[rows]] = await psql(target, 'SELECT count(*) FROM position');
  if (Number(rows) >= VEHICLES) {
    return;
  }
  for (let i = 0; i < DAYS; i += 1) {
    await psql(target, `CREATE TABLE IF NOT EXISTS breadcrumb_p${day(i).replaceAll('-', '')} PARTITION OF breadcrumb
      FOR VALUES FROM ('${day(i)} 00:00+00') TO ('${day(i + 1)} 00:00+00')`);
  }
  await psql(target, `INSERT INTO vehicle (vehicle_id, name, created_at) SELECT i, 'iotfleet_bench_' || i, now() FROM generate_series(1, ${VEHICLES}) i`);
  const [command, args] = asPostgres(['psql', '-X', '-q', '-d', target, '-c', 'COPY breadcrumb FROM STDIN (FORMAT binary)']);
  const generator = spawn(GENERATOR, [FIRST_DAY, DAYS, VEHICLES, PER_DAY].map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
  const copy = spawn(command, args, { cwd: '/', stdio: [generator.stdout, 'inherit', 'inherit'] });
  const [code] = await once(copy, 'exit');
  if (code !== 0) {
    throw new Error('the rows could not be loaded');
  }
  await psql(target, `UPDATE feed SET head = ${VEHICLES * DAYS * PER_DAY}`);
  await psql(target, `INSERT INTO position SELECT vehicle_id, recorded_at, version, seq, received_at, geom, cell, speed_kmh, heading_deg,
    temperature_c, ignition, source, CASE WHEN speed_kmh < 5 THEN recorded_at END, false FROM breadcrumb WHERE version = ${DAYS * PER_DAY}`);
  await psql(target, 'VACUUM ANALYZE');
}

/** One GET over a kept connection: milliseconds to the first byte and to the last, and the bytes. */
function get(url) {
  const started = process.hrtime.bigint();
  const passed = () => Number(process.hrtime.bigint() - started) / 1e6;
  return new Promise((resolve, reject) => {
    http.get(url, { agent }, (response) => {
      let bytes = 0;
      let lines = 0;
      let firstMs = 0;
      response.on('data', (chunk) => {
        firstMs ||= passed();
        bytes += chunk.length;
        for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) {
          lines += 1;
        }
      });
      response.on('end', () => (response.statusCode === 200 ? resolve({ firstMs, totalMs: passed(), bytes, lines })
        : reject(new Error(`${url} answered ${response.statusCode}`))));
    }).on('error', reject);
  });
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** Milliseconds of a statement, by psql's own clock, after it was prepared and run a few times. */
function psqlMs(target, statement, parameters, times = 21) {
  const runs = Array(times).fill(`EXECUTE q(${parameters});`).join('\n');
  const script = `SET jit = off;\nPREPARE q AS ${statement};\n\\o /dev/null\n\\timing on\n${runs}\n`;
  const [command, args] = asPostgres(['psql', '-X', '-q', '-d', target]);
  const out = execFileSync(command, args, { cwd: '/', input: script, encoding: 'utf8', maxBuffer: 1e9 });
  return median([...out.matchAll(/Time: ([\d.]+) ms/g)].map((match) => Number(match[1])));
}

function print(name, ms, goal, ceilingMs, note = '') {
  const verdict = ms <= goal ? 'ok' : 'MISSED';
  console.log(`${name.padEnd(34)} ${ms.toFixed(2).padStart(9)} ms  goal ${String(goal).padStart(5)}  ${verdict.padEnd(6)}  psql ${ceilingMs.toFixed(2).padStart(8)} ms`
    + `  ratio ${(ceilingMs / ms).toFixed(2)} ${note}`);
}

function statementOf(file) {
  return fs.readFileSync(path.join(ROOT, 'api/sql', `${file}.sql`), 'utf8');
}

async function question(program, target, { name, url, goal, statement, parameters }) {
  const samples = [];
  for (let i = 0; i < 60; i += 1) {
    samples.push(await get(program.base + url));
  }
  print(name, median(samples.slice(10).map((sample) => sample.totalMs)), goal, psqlMs(target, statement, parameters), `${samples[0].bytes} bytes`);
}

async function bulk(program, target) {
  const hours = (2_000_000 / (VEHICLES * PER_DAY)) * 24;
  const from = `${FIRST_DAY}T00:00:00Z`;
  const to = new Date(Date.parse(from) + hours * 3_600_000).toISOString();
  const started = process.hrtime.bigint();
  const [command, args] = asPostgres(['psql', '-X', '-q', '-d', target, '-o', '/dev/null', '-c',
    `COPY (SELECT vehicle_id, name, recorded_at, received_at, version, st_x(geom), st_y(geom), speed_kmh, heading_deg, ignition, temperature_c, flags
             FROM breadcrumb JOIN vehicle USING (vehicle_id) WHERE recorded_at >= '${from}' AND recorded_at < '${to}'
            ORDER BY recorded_at, vehicle_id, version) TO STDOUT (FORMAT csv)`]);
  execFileSync(command, args, { cwd: '/' });
  const psqlSeconds = Number(process.hrtime.bigint() - started) / 1e9;
  const sample = await get(`${program.base}/v1/positions?f=csv&from=${from}&to=${to}`);
  const rows = sample.lines - 1;
  const rate = rows / ((sample.totalMs - sample.firstMs) / 1000);
  console.log(`CSV of ${rows} rows: first byte ${sample.firstMs.toFixed(1)} ms (goal 100), ${Math.round(rate)} rows/s after it (goal 300000), `
    + `psql COPY ${Math.round(rows / psqlSeconds)} rows/s, ratio ${((rate * psqlSeconds) / rows).toFixed(2)}`);
}

/** The program answers this one from memory; PostgreSQL would have to look at every position. */
const NEWEST_IN_BOX = `SELECT vehicle_id, name, recorded_at, version, received_at, st_x(geom), st_y(geom), speed_kmh, heading_deg, temperature_c,
    ignition, slow_since FROM position JOIN vehicle USING (vehicle_id)
  WHERE st_x(geom) BETWEEN $1 AND $3 AND st_y(geom) BETWEEN $2 AND $4 AND NOT hidden ORDER BY vehicle_id`;

function cells() {
  const list = [];
  for (let row = Math.floor((45.45 + 90) * 100) - 1; row <= Math.floor((45.57 + 90) * 100) + 1; row += 1) {
    for (let column = Math.floor((-122.75 + 180) * 100) - 1; column <= Math.floor((-122.6 + 180) * 100) + 1; column += 1) {
      list.push(row * 36000 + column);
    }
  }
  return `'{${list.join(',')}}'`;
}

test('queries', { timeout: 3_600_000 }, async () => {
  const program = await new Program({ database: options.database }).start({ timeoutMs: 120_000 });
  const target = options.database ?? `host=${path.join(program.data, 'run')} dbname=crumbtrail`;
  await load(target);
  const [[vehicle]] = await psql(target, 'SELECT name FROM vehicle WHERE vehicle_id = 4711 % (SELECT count(*) FROM vehicle)');
  const none = '-1, (-9223372036854775808)';
  await question(program, target, { name: "a vehicle's day as GeoJSON", goal: 5, statement: statementOf('list_track'),
    url: `/v1/vehicles/${vehicle}/track?from=${FIRST_DAY}T00:00:00Z&to=${day(1)}T00:00:00Z&f=geojson`,
    parameters: `'${FIRST_DAY} 00:00+00', '${day(1)} 00:00+00', ${none}, 2000, 4711` });
  await question(program, target, { name: 'a city box for one hour, page', goal: 10, statement: statementOf('list_breadcrumbs_in_box'),
    url: `/v1/positions?from=${FIRST_DAY}T10:00:00Z&to=${FIRST_DAY}T11:00:00Z&bbox=${BOX}`,
    parameters: `'${FIRST_DAY} 10:00+00', '${FIRST_DAY} 10:05+00', ${none}, 1001, ${BOX}, ${cells()}` });
  await question(program, target, { name: 'newest positions in a box', goal: 2, statement: NEWEST_IN_BOX,
    url: `/v1/positions/latest?bbox=${BOX}`, parameters: BOX });
  await bulk(program, target);
  await program.stop();
});

after(() => agent.destroy());
