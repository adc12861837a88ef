// Objects on a real S3 server that checks signatures, written by boto3 and awscli, to rows of the database.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { before, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { eventsOf, firehoseObject, ruleObject, s3Notification } from './support/fleet_objects.js';
import { FakeSqs } from './support/fake_sqs.js';
import { objectStore, skipWithoutObjectStore } from './support/object_store.js';
import { BINARY, eventually, Program, run } from './support/program.js';

const skip = skipWithoutObjectStore();
const LONG = { timeoutMs: 120_000, everyMs: 100 };
let store;

before(async () => {
  if (!skip) {
    store = await objectStore();
    Object.assign(process.env, store.env);
  }
});

/** A server that receives notifications of S3 by a queue, and a bucket of its own. */
async function fleet({ flags = [], versioned = false } = {}) {
  const bucket = await store.makeBucket({ versioned });
  const queue = await new FakeSqs().start();
  const program = await new Program({ flags: [...store.flags, ...queue.flags, ...flags] }).start();
  const announce = (objects) => queue.send(s3Notification(bucket, objects));
  return { bucket, queue, program, announce };
}

const one = async (program, query) => (await program.sql(query))[0]?.[0];
const settled = (program) => eventually(async () =>
  (await one(program, 'SELECT count(*) FROM ingest_object WHERE next_try_at IS NOT NULL')) === '0', LONG);
const states = (program) => program.sql(
  'SELECT state, count(*), sum(events), sum(stored), sum(duplicates), sum(rejected) FROM ingest_object GROUP BY 1 ORDER BY 1');

test('every layout ends in the same rows, once each', { skip }, async () => {
  const { bucket, queue, program, announce } = await fleet();
  const events = eventsOf('iotfleet_thc_121', 8);
  const nameless = eventsOf('x', 2).map((event, i) => ({
    state: { reported: { location: event.current.state.reported.location, speed: '30' } }, version: 100 + i, timestamp: event.timestamp }));
  const objects = [
    ruleObject(events[0], 's3'), ruleObject(events[1], 'topic'), ruleObject(events[2], 's3p'),
    firehoseObject(events.slice(0, 4), { number: 1, separator: '' , members: 0 }),
    firehoseObject(events.slice(2, 6), { number: 2, separator: '\n', members: 3 }),
    firehoseObject(events.slice(4, 7), { number: 3, separator: ',', members: 1 }),
    { key: 'iot/iotfleet/firehose/2024/05/20/00/an array', body: JSON.stringify(events) },
    { key: 'iot/iotfleet/s3/iotfleet_by_key/1463704133000', body: JSON.stringify(nameless[0]) },
    { key: 'iot/iotfleet/s3p/thingname=iotfleet_by_partition/1463704133000', body: JSON.stringify(nameless[1]) },
    { key: 'iot/iotfleet/s3/schräg & #1+2 %20/ü/1463704133', body: JSON.stringify(events[7]) },
    { key: 'iot/iotfleet/empty', body: '' },
    { key: 'iot/iotfleet/folder/', body: '' },
  ];
  const written = await store.put(bucket, objects);
  written.forEach((object, i) => { object.size = objects[i].body.length; });
  announce(written.slice(0, 6));
  announce(written.slice(6));
  await eventually(() => queue.deleted.length === 2, LONG);
  await settled(program);
  assert.deepEqual(await states(program), [['ignored', '1', '0', '0', '0', '0'], ['read', '11', '25', '10', '15', '0']]);
  assert.deepEqual(await program.sql('SELECT v.name, count(*), count(DISTINCT version) FROM breadcrumb JOIN vehicle v USING (vehicle_id) GROUP BY 1 ORDER BY 1'),
    [['iotfleet_by_key', '1', '1'], ['iotfleet_by_partition', '1', '1'], ['iotfleet_thc_121', '8', '8']]);
  assert.deepEqual(await program.sql('SELECT DISTINCT source FROM breadcrumb'), [['3']]);
  assert.equal(await one(program, `SELECT string_agg(DISTINCT found_by::text, ',') FROM ingest_object`), '2');
  assert.equal(await one(program, "SELECT filenm FROM bi.fleetinfo WHERE thingname = 'iotfleet_by_key'"),
    `s3://${bucket}/iot/iotfleet/s3/iotfleet_by_key/1463704133000`);
  assert.equal(await one(program, `SELECT encode(sha256, 'hex') FROM ingest_object WHERE object_key = 'iot/iotfleet/empty'`),
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  assert.equal(await program.stop(), 0);
});

test('an object is read once, whoever tells of it and how often', { skip }, async () => {
  const { bucket, queue, program, announce } = await fleet({ versioned: true,
    flags: ['--sweep-interval-s', '1', '--sweep-days', '3650'] });
  const events = eventsOf('iotfleet_a', 4);
  const first = firehoseObject(events.slice(0, 2));
  const [version1] = await store.put(bucket, [first]);
  const [version2] = await store.put(bucket, [{ key: first.key, body: gzipSync(JSON.stringify(events[2])) }]);
  assert.notEqual(version1.versionId, version2.versionId);
  announce([version1]);
  announce([version1, version2]);
  announce([{ key: version2.key, etag: version2.etag }]);
  announce([{ key: version1.key, versionId: version1.versionId }]);
  await eventually(() => queue.deleted.length === 4, LONG);
  await settled(program);
  const rows = await program.sql('SELECT etag, tries, events FROM ingest_object WHERE version_key = etag ORDER BY announced_at, events DESC');
  assert.deepEqual(rows, [[version1.etag, '1', '2'], [version2.etag, '1', '1']]);
  assert.equal(await one(program, 'SELECT count(*) FROM breadcrumb'), '3');
  assert.equal(await program.stop(), 0);
});

test('a broken value is rejected alone, with the address of its object', { skip }, async () => {
  const { bucket, program, announce } = await fleet();
  const [a, b] = eventsOf('iotfleet_a', 2).map((event) => JSON.stringify(event));
  const cut = gzipSync(`${a}\n${b}\n`.repeat(200)).subarray(0, 300);
  const written = await store.put(bucket, [
    { key: 'iot/values', body: `${a}{"thingnm":"iotfleet_a","broken": tru}${b}` },
    { key: 'iot/cut', body: cut },
    { key: 'iot/zip', body: Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(100)]) },
  ]);
  announce(written);
  await eventually(async () => (await one(program, "SELECT count(*) FROM ingest_object WHERE state IN ('read', 'failed')")) === '3', LONG);
  assert.deepEqual(await program.sql("SELECT object_key, state, stored, rejected FROM ingest_object WHERE object_key = 'iot/values'"),
    [['iot/values', 'read', '2', '1']]);
  assert.match((await program.sql("SELECT state || ' ' || error FROM ingest_object WHERE object_key = 'iot/zip'"))[0][0], /^failed .*ZIP/);
  assert.deepEqual(await program.sql('SELECT DISTINCT request_id, source FROM rejected ORDER BY request_id'),
    [[`s3://${bucket}/iot/cut`, '3'], [`s3://${bucket}/iot/values`, '3']]);
  assert.equal(await one(program, `SELECT count(*) FROM rejected WHERE reason LIKE 'gzip that is damaged or cut off%'`), '1');
  assert.equal(await program.stop(), 0);
});

test('what is gone or replaced before it is read is kept as missing, and what replaced it is read', { skip }, async () => {
  const { bucket, program, announce } = await fleet();
  const [old, current] = eventsOf('iotfleet_a', 2).map((event) => JSON.stringify(event));
  const [replaced, gone] = await store.put(bucket, [{ key: 'iot/replaced', body: old }, { key: 'iot/gone', body: old }]);
  const [now] = await store.put(bucket, [{ key: 'iot/replaced', body: current }]);
  await store.delete(bucket, ['iot/gone']);
  announce([replaced, gone]);
  await eventually(async () => (await one(program, "SELECT count(*) FROM ingest_object WHERE state IN ('missing', 'read')")) === '3', LONG);
  assert.deepEqual(await program.sql('SELECT object_key, version_key, state, events FROM ingest_object ORDER BY object_key, state'), [
    ['iot/gone', gone.etag, 'missing', '0'],
    ['iot/replaced', replaced.etag, 'missing', '0'],
    ['iot/replaced', now.etag, 'read', '1'],
  ]);
  assert.match(await one(program, `SELECT error FROM ingest_object WHERE version_key = '${replaced.etag}' AND object_key = 'iot/replaced'`), /replaced/);
  /* It comes back: the next announcement reads it. */
  await store.put(bucket, [{ key: 'iot/gone', body: old }]);
  announce([gone]);
  await settled(program);
  assert.deepEqual(await program.sql("SELECT state FROM ingest_object WHERE object_key = 'iot/gone'"), [['read']]);
  assert.equal(await program.stop(), 0);
});

test('a thousand objects of one event each, by two servers on one database, are read once each', { skip }, async () => {
  const { bucket, queue, program, announce } = await fleet();
  const second = await new Program({ flags: [...store.flags, ...queue.flags],
    database: `postgresql:///crumbtrail?host=${path.join(program.data, 'run')}&user=postgres` }).start();
  const objects = eventsOf('iotfleet_many', 1000).map((event) => ruleObject(event, 's3p'));
  const written = await store.put(bucket, objects);
  for (let i = 0; i < written.length; i += 10) {
    announce(written.slice(i, i + 10));
  }
  await eventually(async () => (await one(program, "SELECT count(*) FROM ingest_object WHERE state = 'read'")) === '1000', LONG);
  assert.deepEqual(await states(program), [['read', '1000', '1000', '1000', '0', '0']]);
  assert.equal(await one(program, 'SELECT max(tries) FROM ingest_object'), '1');
  assert.equal(await one(program, 'SELECT count(*) FROM breadcrumb'), '1000');
  const sum = async (line) => (await program.metric(line) ?? 0) + (await second.metric(line) ?? 0);
  assert.equal(await sum('crumbtrail_objects_total{result="read"}'), 1000);
  assert.equal(await sum('crumbtrail_objects_announced_total{found_by="sqs"}'), 1000);
  assert.equal(await second.stop(), 0);
  assert.equal(await program.stop(), 0);
});

test('a server that is killed while it reads leaves nothing unread', { skip }, async () => {
  const { bucket, queue, program, announce } = await fleet({ flags: ['--object-readers', '4'] });
  const events = eventsOf('iotfleet_killed', 6000);
  const objects = Array.from({ length: 60 }, (_, i) => firehoseObject(events.slice(i * 100, (i + 1) * 100), { number: i }));
  const written = await store.put(bucket, objects);
  for (let round = 0; round < 3; round += 1) {
    announce(written.slice(round * 20, (round + 1) * 20));
    const before_ = Number(await one(program, 'SELECT count(*) FROM breadcrumb'));
    await eventually(async () => Number(await one(program, 'SELECT count(*) FROM breadcrumb')) > before_, LONG);
    await program.kill();
    program.exit = undefined;
    await program.start();
  }
  await eventually(async () => (await one(program, "SELECT count(*) FROM ingest_object WHERE state = 'read'")) === '60', LONG);
  assert.deepEqual(await program.sql('SELECT count(*), count(DISTINCT version) FROM breadcrumb'), [['6000', '6000']]);
  assert.deepEqual(await program.sql("SELECT count(*), sum(events), sum(stored + duplicates) FROM ingest_object WHERE state = 'read'"),
    [['60', '6000', '6000']]);
  assert.equal(queue.messages.length, 0);
  assert.equal(await program.stop(), 0);
});

test('a sweep finds what nobody told of, and only that', { skip }, async () => {
  const bucket = await store.makeBucket();
  const program = await new Program({ flags: [...store.flags, '--sweep-prefixes', `s3://${bucket}/iot/`, '--sweep-interval-s', '1'] }).start();
  const events = eventsOf('iotfleet_swept', 3);
  await store.put(bucket, [ruleObject(events[0]), firehoseObject([events[1]]), { key: 'other/1', body: JSON.stringify(events[2]) },
    { key: 'iot/iotfleet/firehose/2016/05/20/00/old', body: JSON.stringify(events[2]) }]);
  await eventually(async () => (await one(program, "SELECT count(*) FROM ingest_object WHERE state = 'read'")) === '2', LONG);
  await eventually(async () => (await program.sql('SELECT objects, missing, missing_total FROM ingest_sweep'))[0].join() === '2,0,2', LONG);
  assert.equal(await one(program, "SELECT string_agg(DISTINCT found_by::text, ',') FROM ingest_object"), '6');
  assert.equal(await program.metric('crumbtrail_sweep_missing_total'), 2);
  assert.equal(await program.stop(), 0);
});

async function backfill(args, database) {
  return run(['backfill', ...args, ...store.flags, ...database], { timeoutMs: 300_000 });
}

test('a back-fill reads beside a server what is there, by date, and skips what was read', { skip }, async () => {
  const { bucket, program, announce } = await fleet();
  const events = eventsOf('iotfleet_back', 6, { from: 1463704133 });
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'crumbtrail-objects-'));
  const days = ['2016/05/19', '2016/05/20', '2016/05/21'];
  days.forEach((day, i) => {
    fs.mkdirSync(path.join(folder, 'firehose', day, '00'), { recursive: true });
    fs.writeFileSync(path.join(folder, 'firehose', day, '00', 'x.gz'), gzipSync(events.slice(i * 2, i * 2 + 2).map((e) => JSON.stringify(e)).join('')));
  });
  await store.awscli(['s3', 'cp', '--quiet', '--recursive', folder, `s3://${bucket}/iot/`]);
  fs.rmSync(folder, { recursive: true });
  const [known] = await store.list(bucket, 'iot/firehose/2016/05/20');
  announce([known]);
  await settled(program);
  const database = ['--data', program.data];
  const second = await backfill([`s3://${bucket}/iot/`, '--from', '2016-05-20', '--to', '2016-05-21'], database);
  assert.equal(second.code, 0, second.err);
  assert.match(second.out, /^2 objects listed: 1 read, 1 read before\. 2 events stored, 0 known already, 0 rejected, in [\d.]+ s\.\n$/);
  const rest = await backfill([`s3://${bucket}/iot/`], database);
  assert.match(rest.out, /^3 objects listed: 1 read, 2 read before\. 2 events stored/);
  assert.equal(await one(program, 'SELECT count(*) FROM breadcrumb'), '6');
  assert.equal(await program.stop(), 0);
});

test('a back-fill alone, killed again and again, goes on until everything was read', { skip }, async () => {
  const bucket = await store.makeBucket();
  const events = eventsOf('iotfleet_alone', 4000, { from: 1700000000 });
  const objects = Array.from({ length: 400 }, (_, i) => firehoseObject(events.slice(i * 10, (i + 1) * 10), { number: i }));
  await store.put(bucket, objects);
  const program = new Program();
  assert.equal((await run(['migrate', '--data', program.data])).code, 0);
  const flags = [`s3://${bucket}/`, '--data', program.data, ...store.flags, '--object-readers', '2'];
  for (let round = 0; round < 3; round += 1) {
    const child = spawn(BINARY, ['backfill', ...flags], { stdio: 'ignore' });
    const exited = once(child, 'exit');
    await eventually(async () => Number(await one(program, 'SELECT count(*) FROM breadcrumb').catch(() => 0)) > round * 300, LONG);
    child.kill('SIGKILL');
    await exited;
  }
  const last = await backfill(flags, []);
  assert.equal(last.code, 0, last.err);
  assert.match(last.out, /400 objects listed: \d+ read, \d+ read before\./m);
  await program.start();
  assert.deepEqual(await program.sql('SELECT count(*), count(DISTINCT version) FROM breadcrumb'), [['4000', '4000']]);
  assert.deepEqual(await program.sql('SELECT state, count(*), sum(events) FROM ingest_object GROUP BY 1'), [['read', '400', '4000']]);
  assert.equal(await program.stop(), 0);
});

test('an object of more than a gigabyte is read in constant memory', { skip }, async () => {
  const { bucket, program, announce } = await fleet();
  const text = eventsOf('iotfleet_big', 20_000).map((event) => JSON.stringify(event)).join('\n');
  const member = gzipSync(text); /* 18 MB of content */
  const rss = () => Number(/VmHWM:\s+(\d+) kB/.exec(fs.readFileSync(`/proc/${program.child.pid}/status`, 'utf8'))[1]) / 1024;
  const [small] = await store.put(bucket, [{ key: 'iot/firehose/small.gz', body: member }]);
  announce([small]);
  await settled(program);
  const before_ = rss();
  const [big] = await store.put(bucket, [{ key: 'iot/firehose/big.gz', body: Buffer.concat(Array(60).fill(member)) }]);
  announce([big]);
  await settled(program);
  assert.deepEqual(await program.sql("SELECT events, stored, duplicates FROM ingest_object WHERE object_key LIKE '%big.gz'"), [['1200000', '0', '1200000']]);
  assert.ok(rss() < before_ + 40, `${before_} MiB with 18 MB of events, ${rss()} MiB with 1.08 GB of them`);
  assert.equal(await program.stop(), 0);
});

