// `crumbtrail simulate`: its events, its target over HTTP, and what it does when that is away.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { after, before, test } from 'node:test';

import { BINARY, INGEST_KEY, Program, eventually, freePort, run, sleep } from './support/program.js';

const START = ['--start', '2026-11-22T08:00:00Z'];

let program;
before(async () => { program = await new Program().start(); });
after(async () => { await program?.stop(); });

function target(...more) {
  return ['--to', `${program.base}/ingest/iot`, '--ingest-key', INGEST_KEY, ...more];
}

async function count(sql) {
  return Number((await program.sql(sql))[0][0]);
}

test('without flags it prints them', async () => {
  const { code, out } = await run(['simulate']);
  assert.equal(code, 0);
  for (const flag of ['--new', '--vehicles', '--move', '--deletefleet', '--to', '--rate', '--interval', '--seed', '--reefers',
    '--speeders', '--late', '--duplicate', '--dirty', '--start', '--batch', '--layout', '--topic-keys', '--notify', '--notify-style',
    '--buffer-s', '--buffer-mib', '--separator', '--gzip', '--stream']) {
    assert.match(out, new RegExp(`^  ${flag}\\b`, 'm'));
  }
});

test('what cannot be is refused with a sentence', async () => {
  const { code, err } = await run(['simulate', '--move', '1', '--layout', 's3']);
  assert.equal(code, 2);
  assert.match(err, /--layout belongs to --to s3:/);
  assert.match((await run(['simulate', '--vehicles', 'many'])).err, /--vehicles many: expected a whole number/);
});

test('same seed and start, same bytes; events as the rule emits them', async () => {
  const flags = ['simulate', '--vehicles', '4', '--move', '6', '--reefers', '1', '--seed', '9', '--to', '-', ...START];
  const first = await run(flags);
  const second = await run(flags);
  assert.equal(first.code, 0);
  assert.equal(first.out, second.out);
  const events = first.out.trimEnd().split('\n').map((line) => JSON.parse(line));
  assert.equal(events.length, 24);
  for (const event of events) {
    assert.deepEqual(Object.keys(event), ['thingnm', 'thetopic', 'previous', 'current', 'timestamp', 'clientToken']);
    assert.match(event.thingnm, /^iotfleet_[a-z]{3}_\d+$/);
    assert.equal(event.thetopic, `$aws/things/${event.thingnm}/shadow/update/documents`);
    assert.deepEqual(Object.keys(event.current), ['state', 'metadata', 'version']);
    const { reported } = event.current.state;
    assert.match(reported.speed, /^\d+$/);
    assert.match(reported.heading, /^[NESW]{1,3}$/);
    assert.match(reported.ignition, /^[01]$/);
    assert.ok(Math.abs(reported.location.lat - 45.52) < 0.12 && Math.abs(reported.location.lon + 122.68) < 0.16);
    assert.equal(event.current.metadata.reported.location.lat.timestamp, event.timestamp);
    assert.deepEqual(Object.keys(event.current.metadata.reported), Object.keys(reported));
  }
  const one = events.filter((event) => event.thingnm === events[0].thingnm);
  assert.equal(one[0].previous, null);
  for (let i = 1; i < one.length; i++) {
    assert.deepEqual(one[i].previous, one[i - 1].current);
    assert.equal(one[i].current.version, i + 1);
  }
  assert.equal(events.filter((event) => 'temperature' in event.current.state.reported).length, 6);
});

test('--new --move --deletefleet: registered, moved, removed from the map, history kept', async () => {
  const { code, out } = await run(['simulate', '--new', '--vehicles', '15', '--move', '20', '--rate', '0', '--seed', '100',
    '--deletefleet', ...target()]);
  assert.equal(code, 0, out);
  assert.match(out, /sent 300 = stored 300 \+ duplicates 0 \+ rejected 0; failed 0/);
  const [{ id }] = [{ id: (await program.sql("SELECT min(name) FROM vehicle WHERE retired_at IS NOT NULL"))[0][0] }];
  const fleet = id.replace(/_\d+$/, '_%');
  assert.equal(await count(`SELECT count(*) FROM vehicle WHERE retired_at IS NOT NULL AND name LIKE '${fleet}'`), 15);
  assert.equal(await count(`SELECT count(*) FROM breadcrumb JOIN vehicle USING (vehicle_id) WHERE name LIKE '${fleet}'`), 300);
  const latest = await program.get('/v1/positions/latest');
  assert.equal(latest.body.items.filter((item) => item.vehicle.startsWith(fleet.slice(0, -1))).length, 0);
});

test('late, twice and dirty: everything is answered, nothing is lost', async () => {
  const before_ = await count('SELECT count(*) FROM breadcrumb');
  const { code, out } = await run(['simulate', '--vehicles', '20', '--move', '60', '--rate', '0', '--interval', '2', '--seed',
    '101', '--late', '10%', '--duplicate', '10%', '--dirty', '10%', '--reefers', '5', '--speeders', '5', '--batch', '7', ...target()]);
  assert.equal(code, 0, out);
  const [, sent, stored, duplicates, rejected] = /sent (\d+) = stored (\d+) \+ duplicates (\d+) \+ rejected (\d+)/.exec(out)
    .map(Number);
  assert.equal(sent, stored + duplicates + rejected);
  assert.ok(sent > 1200 && duplicates > 60 && rejected > 10, out);
  assert.equal(await count('SELECT count(*) FROM breadcrumb') - before_, stored);
  assert.ok(await count('SELECT count(*) FROM breadcrumb WHERE flags & 1 <> 0') > 0, 'positions at 0,0 are stored and flagged');
  assert.ok(await count('SELECT count(*) FROM breadcrumb WHERE flags & 2 <> 0') > 0, 'so are those from the future');
  assert.ok(await count('SELECT count(*) FROM breadcrumb WHERE flags & 8 <> 0') > 0, 'so are jumps');
});

test('a wrong key ends the run with the reason', async () => {
  const { code, out } = await run(['simulate', '--vehicles', '2', '--move', '3', '--rate', '0', '--to',
    `${program.base}/ingest/iot`, '--ingest-key', 'wrong']);
  assert.equal(code, 1);
  assert.match(out, /First failure: answered with status 401/);
});

test('503 and lost connections are tried again until delivered', async () => {
  let requests = 0;
  const server = http.createServer((request, response) => {
    request.resume().on('end', () => {
      requests++;
      if (requests % 3 === 1) {
        response.writeHead(503, { 'retry-after': '0' }).end();
      } else if (requests % 3 === 2) {
        request.socket.destroy();
      } else {
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"stored":1,"duplicates":0,"rejected":0}');
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { code, out } = await run(['simulate', '--vehicles', '3', '--move', '5', '--rate', '0', '--to',
    `http://127.0.0.1:${server.address().port}/ingest/iot`]);
  server.close();
  assert.equal(code, 0, out);
  assert.match(out, /sent 15 = stored 15 .*failed 0; retries \d+/);
  assert.ok(requests >= 45);
});

test('Ctrl-C stops it, with the summary', async () => {
  const child = spawn(BINARY, ['simulate', '--vehicles', '10', '--move', '100000', '--interval', '1', '--seed', '102', ...target()]);
  let out = '';
  child.stdout.on('data', (chunk) => { out += chunk; });
  await sleep(1500);
  child.kill('SIGINT');
  const [code] = await once(child, 'close');
  assert.equal(code, 0, out);
  assert.match(out, /sent (\d+) = stored \1 \+ duplicates 0 \+ rejected 0; failed 0/);
});

test('what was not delivered when stopped is said, and makes it fail', async () => {
  const child = spawn(BINARY, ['simulate', '--vehicles', '2', '--move', '10', '--rate', '0', '--to',
    `http://127.0.0.1:${await freePort()}/ingest/iot`]);
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => { out += chunk; });
  child.stderr.on('data', (chunk) => { err += chunk; });
  await eventually(() => err.includes('Trying again'), { timeoutMs: 60_000, what: 'a word about it' });
  assert.match(err, /^Trying again: http:\/\/127\.0\.0\.1:\d+\/ingest\/iot: .*connect/);
  child.kill('SIGINT');
  const [code] = await once(child, 'close');
  assert.equal(code, 1, out);
  assert.match(out, /failed [1-9]/);
});
