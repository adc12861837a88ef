// The program as the one who runs it sees it: where it listens, its health, its metrics, its limits.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import { after, before, test } from 'node:test';

import { postmaster, withHangingDatabase } from './support/postmaster.js';
import { INGEST_KEY, Program, eventually, iotEvent, run } from './support/program.js';

let program;
before(async () => {
  program = await new Program({ flags: ['--ingest-queue-max', '4', '--spool-max-bytes', '0'] }).start();
});
after(() => program.stop());

const adminStatus = async (path) => (await fetch(program.admin + path)).status;

for (const flag of ['listen', 'admin-listen']) {
  test(`--${flag} beyond loopback is refused, with what to do instead`, async () => {
    const { code, err } = await run(['serve', '--data', program.data, `--${flag}`, '0.0.0.0:0']);
    assert.equal(code, 1);
    assert.match(err, new RegExp(`field=${flag} `));
    assert.match(err, /not a loopback address/);
  });
}

test('health: alive and ready', async () => {
  assert.equal(await adminStatus('/livez'), 200);
  assert.equal(await adminStatus('/readyz'), 200);
  assert.equal(await adminStatus('/nothing'), 404);
});

test('the metrics that the documents promise are there, and count', async () => {
  assert.equal((await program.post(iotEvent({ vehicle: 'iotfleet_metrics' }))).status, 200);
  assert.equal((await program.post('{"thingName":"iotfleet_metrics","latitude":99,"longitude":1}')).status, 400);
  await program.get('/v1/vehicles');
  const text = await (await fetch(`${program.admin}/metrics`)).text();
  assert.match(text, /^crumbtrail_ingest_events_total\{path="iot",result="stored"\} 1$/m);
  assert.match(text, /^crumbtrail_ingest_events_total\{path="iot",result="rejected"\} 1$/m);
  assert.match(text, /^crumbtrail_ingest_commit_seconds_count [1-9]/m);
  assert.match(text, /^crumbtrail_ingest_batch_rows_count [1-9]/m);
  assert.match(text, /^crumbtrail_ingest_queue_depth \d+$/m);
  assert.match(text, /^crumbtrail_ingest_lag_seconds_count [1-9]/m);
  assert.match(text, /^crumbtrail_stream_lag_seconds_count \d/m);
  assert.match(text, /^crumbtrail_stream_clients 0$/m);
  assert.match(text, /^crumbtrail_http_requests_total\{listener="public",route="\/v1\/vehicles",status="200"\} 1$/m);
  assert.match(text, /^crumbtrail_http_request_duration_seconds_count\{[^}]*route="\/ingest\/iot"[^}]*\} [1-9]/m);
  for (const line of text.trimEnd().split('\n')) {
    assert.match(line, /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{.*\})? ([0-9.eE+-]+|\+Inf|NaN))$/, line);
  }
});

test('a full queue answers 503 with Retry-After, and nothing is lost afterwards', { timeout: 60_000 }, async () => {
  const events = Array.from({ length: 40 }, (_, i) => iotEvent({ vehicle: 'iotfleet_queue', version: i + 1, seconds: 1_780_000_000 + i }));
  const answers = await withHangingDatabase(program, async () => {
    const early = events.map((event) => program.post(event));
    await eventually(async () => (await program.metric('crumbtrail_ingest_queue_depth')) > 0, { what: 'a queue' });
    const refused = await program.post(events[0]);
    assert.equal(refused.status, 503);
    assert.match(refused.headers.get('retry-after'), /^[1-9]\d*$/);
    assert.equal(await adminStatus('/livez'), 200);
    return early;
  });
  const statuses = (await Promise.all(answers)).map((answer) => answer.status);
  assert.ok(statuses.every((status) => status === 200 || status === 503), statuses.join(' '));
  assert.ok(statuses.includes(503), 'some found the queue full');
  await eventually(async () => (await adminStatus('/readyz')) === 200, { timeoutMs: 30_000, what: 'ready again' });
  for (const event of events) {
    await eventually(async () => (await program.post(event)).status === 200, { what: `event ${event.current.version} taken` });
  }
  const [[count]] = await program.sql(`SELECT count(*) FROM breadcrumb JOIN vehicle USING (vehicle_id) WHERE name = 'iotfleet_queue'`);
  assert.equal(count, '40');
});

test('readyz says no while the database is away', { timeout: 60_000 }, async () => {
  process.kill(postmaster(program), 'SIGQUIT');
  await eventually(async () => (await adminStatus('/readyz')) === 503, { what: 'readyz 503' });
  assert.equal(await adminStatus('/livez'), 200);
  await eventually(async () => (await adminStatus('/readyz')) === 200, { timeoutMs: 30_000, what: 'ready again' });
});

test('a large answer streams in constant memory', { timeout: 120_000 }, async () => {
  await program.sql("SELECT ensure_breadcrumb_partition('2026-03-01')");
  await program.sql(`INSERT INTO breadcrumb SELECT 1, timestamptz '2026-03-01 00:00Z' + n * interval '100 ms', 0, -n, now(),
    st_point(-122.6, 45.5, 4326), 0, 50, 180, NULL, true, 0, 1, NULL FROM generate_series(1, 400000) n`);
  const peakKilobytes = () => Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync(`/proc/${program.child.pid}/status`, 'utf8'))[1]);
  const before = peakKilobytes();
  const lines = await new Promise((resolve, reject) => {
    http.get(`${program.base}/v1/positions?from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z&f=csv`, (answer) => {
      let count = 0;
      answer.on('data', (chunk) => { for (const byte of chunk) { count += byte === 10 ? 1 : 0; } });
      answer.on('end', () => resolve(count));
      answer.on('error', reject);
    }).on('error', reject);
  });
  assert.equal(lines, 400_001);
  assert.ok(peakKilobytes() - before < 24 * 1024, `memory grew from ${before} kB to ${peakKilobytes()} kB`);
});

test('secrets are not in the log', () => {
  assert.ok(!program.log.includes(INGEST_KEY));
});
