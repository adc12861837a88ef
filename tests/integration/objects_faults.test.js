// Objects and queues that fail in every way that a real S3 server does not on request: nothing is lost, nothing is counted as
// read that was not, and the operator is told.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { FakeSqs } from './support/fake_sqs.js';
import { eventsOf, firehoseObject, ruleObject, s3Notification } from './support/fleet_objects.js';
import { eventually, makeDataFolder, Program, run } from './support/program.js';
import { ScriptedS3 } from './support/scripted_s3.js';

const LONG = { timeoutMs: 120_000, everyMs: 100 };
const one = async (program, query) => (await program.sql(query))[0]?.[0];
const countOf = (program, state) => one(program, `SELECT count(*) FROM ingest_object WHERE state = '${state}'`);
const isRead = (program, count) => eventually(async () => (await countOf(program, 'read')) === String(count), LONG);
const errorOf = (program, key) => one(program, `SELECT state || ': ' || error FROM ingest_object WHERE object_key = '${key}' AND error IS NOT NULL`);

/** A server between a queue and S3, both of the test's own. */
async function fleet({ flags = [], s3 = null } = {}) {
  const store = s3 ?? await new ScriptedS3().start();
  const queue = await new FakeSqs().start();
  Object.assign(process.env, store.env);
  const program = await new Program({ flags: [...store.flags, ...queue.flags, '--aws-timeout-ms', '5000', ...flags] }).start();
  return { store, queue, program, announce: (objects) => queue.send(s3Notification('fleet', objects)) };
}

test('a transfer that breaks off is read on, and never counts as read before its end', async () => {
  const { store, program, announce } = await fleet();
  const object = firehoseObject(eventsOf('iotfleet_a', 3000), { members: 0 });
  const whole = store.put(object.key, object.body);
  let cuts = 0;
  store.onGet = (key, tries, request, response) => {
    if (tries > 2) {
      return false;
    }
    cuts += 1;
    response.writeHead(200, { etag: `"${whole.etag}"`, 'content-length': object.body.length });
    response.write(object.body.subarray(0, 100_000), () => response.destroy());
    return true;
  };
  announce([whole]);
  await isRead(program, 1);
  assert.equal(cuts, 2);
  assert.deepEqual(await program.sql('SELECT events, stored + duplicates, size_bytes FROM ingest_object'),
    [['3000', '3000', String(object.body.length)]]);
  assert.equal(await one(program, 'SELECT count(*) FROM breadcrumb'), '3000');
  assert.equal(await program.stop(), 0);
});

test('an object that changes while it is read is missing, and what is there now is read', async () => {
  const { store, program, announce } = await fleet();
  const [before, now] = [eventsOf('iotfleet_a', 2000), eventsOf('iotfleet_b', 5)].map((events) => firehoseObject(events, { members: 0 }));
  const old = store.put('iot/x', before.body);
  store.onGet = (key, tries, request, response) => {
    if (tries > 1) {
      return false;
    }
    response.writeHead(200, { etag: `"${old.etag}"`, 'content-length': before.body.length });
    response.write(before.body.subarray(0, 50_000), () => response.destroy());
    store.put('iot/x', now.body);
    return true;
  };
  announce([old]);
  await isRead(program, 1);
  assert.deepEqual(await program.sql('SELECT state, events FROM ingest_object ORDER BY state'), [['missing', '0'], ['read', '5']]);
  assert.match(await errorOf(program, 'iot/x'), /replaced/);
  assert.equal(await program.stop(), 0);
});

test('what S3 refuses is kept with the reason and read once it gives it', async () => {
  const { store, program, announce } = await fleet();
  const events = eventsOf('iotfleet_a', 3);
  const objects = ['denied', 'archived', 'slow'].map((key, i) => store.put(key, JSON.stringify(events[i])));
  let isOpen = false;
  store.onGet = (key, tries, request, response) => {
    const refusals = { denied: [403, 'AccessDenied'], archived: [403, 'InvalidObjectState'], slow: [503, 'SlowDown'] };
    if (isOpen) {
      return false;
    }
    store.refuse(response, ...refusals[key]);
    return true;
  };
  announce(objects);
  await eventually(async () => (await countOf(program, 'failed')) === '3', LONG);
  assert.match(await errorOf(program, 'denied'), /^failed: S3 refuses access: allow s3:GetObject/);
  assert.match(await errorOf(program, 'archived'), /^failed: it is archived: restore it/);
  assert.match(await errorOf(program, 'slow'), /^failed: S3 answers 503 SlowDown/);
  isOpen = true;
  await program.sql('UPDATE ingest_object SET next_try_at = now() WHERE next_try_at IS NOT NULL');
  await isRead(program, 3);
  assert.equal(await one(program, 'SELECT count(*) FROM ingest_object WHERE error IS NOT NULL'), '0');
  assert.equal(await program.stop(), 0);
});

test('without S3 everything waits, and is read when it is back', async () => {
  const { store, program, announce } = await fleet();
  const objects = eventsOf('iotfleet_a', 200).map((event) => ruleObject(event)).map(({ key, body }) => store.put(key, body));
  store.onGet = (key, tries, request, response) => { response.destroy(); return true; };
  announce(objects);
  await eventually(() => /event=objects_paused ms=2000/.test(program.log), LONG);
  assert.equal(program.log.match(/event=objects_paused ms=1000 detail=\S+/g).length, 1);
  assert.doesNotMatch(program.log, /warning event=object_not_read/);
  assert.equal(await one(program, 'SELECT count(*) FROM breadcrumb'), '0');
  store.onGet = () => false;
  await isRead(program, 200);
  assert.equal(await one(program, 'SELECT count(*) FROM breadcrumb'), '200');
  assert.equal(await program.stop(), 0);
});

test('a database that goes away while objects are read marks nothing, and all is read afterwards', async () => {
  const { store, queue, program, announce } = await fleet();
  const events = eventsOf('iotfleet_a', 4000);
  const objects = Array.from({ length: 20 }, (_, i) => firehoseObject(events.slice(i * 200, (i + 1) * 200), { number: i }))
    .map(({ key, body }) => store.put(key, body));
  store.onGet = async (key, tries) => { await new Promise((resolve) => { setTimeout(resolve, tries * 20); }); return false; };
  announce(objects.slice(0, 10));
  await eventually(async () => Number(await one(program, 'SELECT count(*) FROM breadcrumb')) > 0, LONG);
  await program.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'crumbtrail%'");
  announce(objects.slice(10));
  await eventually(() => queue.deleted.length === 2, LONG);
  await isRead(program, 20);
  assert.deepEqual(await program.sql('SELECT count(*), count(DISTINCT version) FROM breadcrumb'), [['4000', '4000']]);
  assert.deepEqual(await program.sql('SELECT sum(events), sum(stored + duplicates) FROM ingest_object'), [['4000', '4000']]);
  assert.equal(await program.stop(), 0);
});

test('a message comes off the queue only after what it says has committed, however often it comes', async () => {
  const { store, queue, program } = await fleet();
  const events = eventsOf('iotfleet_a', 30);
  const failures = new Map();
  queue.visibilityMs = 300;
  queue.failsToDelete = ({ id }) => {
    failures.set(id, (failures.get(id) ?? 0) + 1);
    return failures.get(id) <= 4; /* three tries of the first time, and one of the next */
  };
  for (const event of events) {
    const { key, body } = ruleObject(event);
    queue.send(s3Notification('fleet', [store.put(key, body)]));
  }
  await eventually(() => queue.deleted.length === 30, LONG);
  await isRead(program, 30);
  assert.ok(Math.max(...queue.deleted.map(({ receives }) => receives)) > 1, 'some came more than once');
  assert.equal(await one(program, 'SELECT max(tries) FROM ingest_object'), '1');
  assert.equal([...store.reads.values()].reduce((a, b) => a + b), 30);
  assert.match(program.log, /event=sqs_message_not_deleted/);
  assert.equal(await program.stop(), 0);
});

test('every form of message is taken, and what cannot be read is kept before it is deleted', async () => {
  const { store, queue, program } = await fleet();
  const events = eventsOf('iotfleet_a', 6);
  const put = (i) => store.put(`iot/${i}`, JSON.stringify(events[i]));
  const sns = (message) => ({ Type: 'Notification', MessageId: 'm', TopicArn: 'arn:aws:sns:us-west-2:123456789012:t', Message: JSON.stringify(message),
    Timestamp: '2024-05-20T00:28:53.000Z' });
  queue.send(s3Notification('fleet', [put(0)]));
  queue.send(sns(s3Notification('fleet', [put(1)])));
  const { key, etag, size } = put(2);
  queue.send({ version: '0', id: 'x', 'detail-type': 'Object Created', source: 'aws.s3', account: '123456789012', time: '2024-05-20T00:28:53Z',
    region: 'us-west-2', resources: [], detail: { version: '0', bucket: { name: 'fleet' }, object: { key, etag, size } } });
  queue.send(events[3]);
  queue.send(sns(events[4]));
  queue.send({ Service: 'Amazon S3', Event: 's3:TestEvent', Time: '2014-10-13T15:57:02.089Z', Bucket: 'fleet', RequestId: '1', HostId: '2' });
  queue.send(s3Notification('fleet', [{ key: 'iot/0', eventName: 'ObjectRemoved:Delete' }]));
  queue.send('no JSON at all');
  const broken = s3Notification('fleet', [put(5)]);
  delete broken.Records[0].s3.object.key;
  queue.send(broken);
  await eventually(() => queue.deleted.length === 9, LONG);
  await isRead(program, 3);
  assert.equal(await one(program, 'SELECT count(*) FROM breadcrumb'), '5');
  assert.deepEqual(await program.sql('SELECT source, count(*) FROM breadcrumb GROUP BY 1 ORDER BY 1'), [['2', '2'], ['3', '3']]);
  const rejected = await program.sql("SELECT field, request_id, convert_from(body, 'UTF8') FROM rejected ORDER BY field");
  assert.deepEqual(rejected.map(([field]) => field), ['$', 'Records[0].s3.object']);
  assert.ok(rejected.every(([, id]) => id.startsWith('sqs:')));
  assert.equal(rejected[0][2], 'no JSON at all');
  assert.equal(await program.metric('crumbtrail_sqs_messages_total{result="rejected"}'), 2);
  assert.equal(await program.metric('crumbtrail_sqs_messages_total{result="ignored"}'), 2);
  assert.equal(await program.stop(), 0);
});

test('a queue that fails is asked again', async () => {
  const { store, queue, program, announce } = await fleet();
  queue.onRequest = (action) => (action === 'ReceiveMessage'
    ? { status: 400, body: { __type: 'com.amazonaws.sqs#QueueDoesNotExist', message: 'no such queue' } } : null);
  await eventually(() => /event=sqs_receive_failed/.test(program.log), LONG);
  queue.onRequest = () => null;
  const { key, body } = ruleObject(eventsOf('iotfleet_a', 1)[0]);
  announce([store.put(key, body)]);
  await isRead(program, 1);
  assert.equal(await program.stop(), 0);
});

test('a sweep jumps over what its time leaves out, and says when it cannot list', async () => {
  const s3 = await new ScriptedS3().start();
  const now = Math.floor(Date.now() / 1000);
  for (let i = 0; i < 5000; i += 1) {
    const { key, body } = firehoseObject([], { number: i, members: 0, seconds: now - 86400 * 400 - i * 60 });
    s3.put(key, body, { modified: new Date((now - 86400 * 400) * 1000) });
  }
  for (const vehicle of ['a', 'b', 'c']) {
    for (let i = 0; i < 1200; i += 1) {
      s3.put(`iot/s3/${vehicle}/${(now - 86400 * 300 + i) * 1000}`, '{}', { modified: new Date((now - 86400 * 300) * 1000) });
    }
    const { key, body } = ruleObject(eventsOf(vehicle, 1)[0], 's3', 'iot');
    s3.put(key, body);
  }
  const fresh = firehoseObject(eventsOf('iotfleet_a', 10));
  s3.unlisted.add('closed');
  s3.put(fresh.key, fresh.body);
  const { program } = await fleet({ s3, flags: ['--sweep-prefixes', 's3://fleet/iot/, s3://closed/x/', '--sweep-interval-s', '3600'] });
  await isRead(program, 4);
  await eventually(async () => (await one(program, "SELECT finished_at IS NOT NULL FROM ingest_sweep WHERE prefix = 's3://fleet/iot/'")) === 't', LONG);
  const pages = s3.listed.filter(({ prefix }) => prefix === 'iot/');
  assert.ok(pages.length <= 10, `${pages.length} pages`);
  assert.ok(pages.some(({ startAfter }) => startAfter !== null));
  assert.deepEqual(await program.sql("SELECT objects, missing FROM ingest_sweep WHERE prefix = 's3://fleet/iot/'"), [['4', '4']]);
  const refused = () => one(program, "SELECT error FROM ingest_sweep WHERE prefix = 's3://closed/x/' AND finished_at IS NULL");
  assert.match(await eventually(refused, LONG), /AccessDenied/);
  assert.equal(await program.metric('crumbtrail_sweeps_failed_total'), 1);
  assert.equal(await program.stop(), 0);
});

test('settings that cannot be are refused by name', async () => {
  for (const [flags, pattern] of [
    [['--sqs-queue-url', 'fleet'], /sqs-queue-url.*fleet/],
    [['--sweep-prefixes', 'bucket/prefix'], /sweep-prefixes.*bucket\/prefix/],
    [['--object-vehicle-patterns', '{thing}/x'], /object-vehicle-patterns.*\{thing\}/],
    [['--object-readers', '0'], /object-readers/],
  ]) {
    const program = new Program({ flags });
    await program.start({ waitReady: false });
    assert.notEqual((await program.exited).code, 0);
    assert.match(program.log, pattern);
  }
});

test('a back-fill says what it could not read, and what it cannot do', async () => {
  const s3 = await new ScriptedS3().start();
  Object.assign(process.env, s3.env);
  const program = await new Program({ flags: s3.flags }).start();
  const backfill = (args) => run(['backfill', ...args, '--data', program.data, ...s3.flags, '--aws-timeout-ms', '5000'], { timeoutMs: 120_000 });
  eventsOf('iotfleet_a', 3).forEach((event, i) => s3.put(`iot/${i}`, JSON.stringify(event)));
  let isClosed = true;
  s3.onGet = (key, tries, request, response) => {
    if (key === 'iot/1' && isClosed) {
      s3.refuse(response, 403, 'AccessDenied');
      return true;
    }
    return false;
  };
  const first = await backfill(['s3://fleet/iot/']);
  assert.equal(first.code, 1);
  assert.match(first.out, /^3 objects listed: 2 read, 0 read before, 1 failed\. 2 events stored/);
  assert.match(first.err, /not everything was read/);
  isClosed = false;
  const second = await backfill(['s3://fleet/iot/']);
  assert.equal(second.code, 0, second.err);
  assert.match(second.out, /^3 objects listed: 1 read, 2 read before\. 1 events stored/);
  assert.match((await backfill(['s3://fleet/iot/', '--from', 'yesterday'])).err, /--from: expected a date such as/);
  assert.match((await backfill(['s3://fleet/iot/', '--from', '2024-05-21', '--to', '2024-05-19'])).err, /--to lies before --from/);
  assert.match((await backfill(['/tmp'])).err, /s3:\/\//);
  const elsewhere = path.join(makeDataFolder(), 'mistyped');
  const refused = await run(['backfill', 's3://fleet/iot/', '--data', elsewhere, ...s3.flags]);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /--data: .*mistyped holds no database to fill: name the server's folder, or its database with --database/);
  assert.equal(fs.existsSync(elsewhere), false);
  const nothing = await backfill(['s3://fleet/nothing/']);
  assert.equal(nothing.code, 0);
  assert.match(nothing.out, /^0 objects listed/);
  assert.equal(await program.stop(), 0);
});
