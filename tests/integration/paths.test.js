// One fleet, one day, by every path from AWS: each path alone ends in the same rows as the first; all of them together, in any
// order and twice, do too, and what came a second time by another path is counted so.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { fillTemplate, loadTemplate } from './support/cloudformation.js';
import { FakeS3 } from './support/fake_s3.js';
import { FakeSqs } from './support/fake_sqs.js';
import { s3Notification } from './support/fleet_objects.js';
import { objectStore, skipWithoutObjectStore } from './support/object_store.js';
import { INGEST_KEY, Program, eventually, makeDataFolder, run } from './support/program.js';
import { AwsStandIn, SnsAuthority, TOPIC, postSns } from './support/sns_authority.js';

const START = new Date(Math.floor(Date.now() / 86_400_000) * 86_400_000 - 2 * 86_400_000 + 8 * 3_600_000).toISOString();
const FLEET = ['--vehicles', '8', '--move', '25', '--interval', '30', '--rate', '0', '--seed', '77', '--start', START, '--reefers', '2',
  '--speeders', '2', '--late', '5%', '--duplicate', '5%', '--dirty', '8%'];
const PREFIX = 'iot/iotfleet/';
const TEMPLATE = path.join(path.dirname(new URL(import.meta.url).pathname), '../../deploy/aws/crumbtrail.yaml');
const ERROR_KEY = loadTemplate(TEMPLATE).resources.Rule.Properties.TopicRulePayload.ErrorAction.S3.Key;
const WAIT = { timeoutMs: 120_000 };
const hasStore = !skipWithoutObjectStore();

const aws = await new AwsStandIn().start();
const authority = new SnsAuthority(aws);

let expected; // rows, positions and how many events there are
let lines;
const started = [];
after(() => started.forEach((server) => server.stop()));

/** An S3 with a bucket of its own: the real server, or the one in memory. */
async function openStore() {
  if (!hasStore) {
    const fake = await new FakeS3().start();
    started.push(fake);
    return { bucket: fake.bucket, flags: fake.flags, env: fake.env, list: async () => fake.keys().map((key) => listed(fake, key)),
      put: async (objects) => objects.forEach(({ key, body }) => fake.put(key, body)) };
  }
  const store = await objectStore();
  const bucket = await store.makeBucket();
  return { bucket, flags: store.flags, env: store.env, store, list: () => store.list(bucket, PREFIX), put: (objects) => store.put(bucket, objects) };
}

function listed(fake, key) {
  const { body, etag } = fake.objects.get(key);
  return { key, size: body.length, etag };
}

async function startProgram({ withStore = false, withQueue = false } = {}) {
  const place = withStore ? await openStore() : null;
  const queue = withQueue ? await new FakeSqs().start() : null;
  const program = await new Program({ flags: [...(place?.flags ?? []), ...(queue?.flags ?? []), '--sns-topics-allowed', TOPIC,
    '--aws-link-endpoint-url', aws.url],
    env: { ...(place?.env ?? new FakeS3().env) } }).start();
  return { program, place, queue };
}

async function simulate(args, env = {}) {
  const { code, out, err } = await run(['simulate', ...FLEET, '--ingest-key', INGEST_KEY, ...args], { env, timeoutMs: 300_000 });
  assert.equal(code, 0, `${args.join(' ')}\n${out}${err}`);
  return out;
}

const toS3 = ({ place }, ...more) =>
  simulate(['--to', `s3://${place.bucket}/${PREFIX}`, ...place.flags, ...more], place.env);
const tellAs = ({ program }, style) => ['--notify', `${program.base}/ingest/s3`, '--notify-style', style];

/** What must be the same, whatever the path: all but where it came from (also the name of the object), when, and in which order. */
async function rowsOf(program) {
  return {
    breadcrumbs: await program.sql(`SELECT name, recorded_at, version, st_asewkt(geom), speed_kmh, heading_deg, ignition,
      temperature_c, flags, extra - 'filenm' FROM breadcrumb JOIN vehicle USING (vehicle_id) ORDER BY name, recorded_at, version`),
    positions: await program.sql(`SELECT name, recorded_at, version, st_asewkt(geom) FROM position JOIN vehicle USING (vehicle_id) ORDER BY name`),
  };
}

/** Every object that was announced has been read. */
async function objectsRead(program, count) {
  await eventually(async () => {
    const [[all, read]] = await program.sql(`SELECT count(*), count(*) FILTER (WHERE state = 'read') FROM ingest_object`);
    return Number(all) >= count && all === read;
  }, { ...WAIT, what: `reading of ${count} objects` });
}

async function postMessages(program, contents) {
  for (const [i, content] of contents.entries()) {
    const { status, body } = await postSns(program, authority.message(content, { version: i % 2 === 0 ? '2' : '1' }));
    assert.equal(status, 200, JSON.stringify(body));
  }
}

/** One by one, as the queue gets them from the topic: S3's own JSON, or within SNS's envelope. */
function queueMessages(bucket, objects) {
  return objects.map((object, i) => {
    const notification = JSON.stringify(s3Notification(bucket, [object]));
    return i % 2 === 0 ? notification : JSON.stringify({ Type: 'Notification', MessageId: `m-${i}`, Message: notification,
      TopicArn: TOPIC, Subject: 'Amazon S3 Notification', Timestamp: new Date().toISOString() });
  });
}

/** The same events in objects that others than crumbtrail wrote: awscli, boto3. */
async function writeByOthers(place) {
  const half = Math.floor(lines.length / 2);
  await place.put(lines.slice(0, half).map((body, i) => {
    const { thingnm } = JSON.parse(body);
    return { key: `${PREFIX}s3p/thingname=${thingnm}/${Date.parse(START) + i}`, body };
  }));
  const key = `${PREFIX}firehose/2026/11/22/08/iotfleet-1-2026-11-22-08-00-00-4f1f8b8e-8f27-4f0c-b2ae-5f3f0d1a7a55`;
  const body = lines.slice(half).join('\n');
  if (!place.store) {
    await place.put([{ key, body }]);
    return;
  }
  const file = path.join(makeDataFolder(), 'object');
  fs.writeFileSync(file, body);
  await place.store.awscli(['s3', 'cp', file, `s3://${place.bucket}/${key}`]);
}

/** What AWS IoT's error action writes for messages that another action could not deliver: alone, and for a batch across topics. */
function errorObjects() {
  const original = (line) => {
    const { thingnm, thetopic, ...payload } = JSON.parse(line);
    return { topic: thetopic, cloudwatchTraceId: '4c8a8a6e-0000-4c1e-8a1a-6a7f4d0e9a11', clientId: thingnm,
      base64OriginalPayload: Buffer.from(JSON.stringify(payload)).toString('base64') };
  };
  const failure = { failedAction: 'HttpAction', failedResource: 'https://fleet.example.com/ingest/iot',
    errorMessage: 'HttpAction failed to make a request to the specified endpoint. StatusCode: 503. Reason: Service Unavailable.' };
  const name = (topic, i) => fillTemplate(ERROR_KEY, topic).replace('123e4567', String(i).padStart(8, '0'));
  const objects = [];
  for (let i = 0; i < lines.length; i += i % 3 === 0 ? 1 : 5) {
    const messages = lines.slice(i, i + (i % 3 === 0 ? 1 : 5)).map(original);
    const body = messages.length === 1 ? { ruleName: 'iotfleetrule', ...messages[0], failures: [failure] }
      : { ruleName: 'iotfleetrule', payloadsWithMetadata: messages.map((message, at) => ({ id: at + 1, ...message })),
        failures: [{ affectedIds: messages.map((message, at) => at + 1), ...failure }] };
    objects.push({ key: name(messages[0].topic, i), body: JSON.stringify(body) });
  }
  return objects;
}

const PATHS = {
  'IoT HTTP action': { send: ({ program }) => simulate(['--to', `${program.base}/ingest/iot`]) },
  'IoT HTTP action, in batches': { send: ({ program }) => simulate(['--to', `${program.base}/ingest/iot`, '--batch', '10']) },
  'Firehose to its HTTP endpoint': {
    send: ({ program }) => simulate(['--to', `${program.base}/ingest/firehose`, '--gzip', '--buffer-s', '120']) },
  'Firehose to its HTTP endpoint, without separators': {
    send: ({ program }) => simulate(['--to', `${program.base}/ingest/firehose`, '--separator', 'none', '--buffer-s', '300']) },
  'S3 action, told by S3': { store: true, send: (at) => toS3(at, '--layout', 's3', ...tellAs(at, 's3')) },
  'S3 action with partitions, told by EventBridge': { store: true, send: (at) => toS3(at, '--layout', 's3p', ...tellAs(at, 'eventbridge')) },
  'Firehose to S3, told as MinIO tells': {
    store: true, send: (at) => toS3(at, '--layout', 'firehose', '--gzip', '--buffer-s', '120', ...tellAs(at, 'minio')) },
  'S3 action with partitions and Firehose with commas, told by SNS': {
    store: true,
    async send(at) {
      await toS3(at, '--layout', 's3p');
      await toS3(at, '--layout', 'firehose', '--separator', 'comma', '--gzip', '--buffer-s', '200');
      const objects = await at.place.list();
      await postMessages(at.program, objects.filter(({ key }) => /\.gz$|thingname=/.test(key))
        .map((object) => JSON.stringify(s3Notification(at.place.bucket, [object]))));
    },
  },
  'events published to the topic': {
    send: ({ program }) => postMessages(program, lines.map((line, i) => (i % 10 === 0 ? lines.slice(i, i + 10).join('\n') : null)).filter(Boolean)),
  },
  'S3 action by topic and Firehose without separators, told by SQS': {
    store: true,
    queue: true,
    async send(at) {
      await toS3(at, '--layout', 's3', '--topic-keys');
      await toS3(at, '--layout', 'firehose', '--separator', 'none', '--buffer-s', '240');
      const objects = await at.place.list();
      queueMessages(at.place.bucket, objects.filter(({ key }) => /\/firehose\/|\$aws/.test(key))).forEach((message) => at.queue.send(message));
    },
    settled: (at) => eventually(() => at.queue.messages.length === 0, { ...WAIT, what: 'the queue' }),
  },
  'error action of the rule, told by S3': {
    store: true,
    async send(at) {
      const objects = errorObjects();
      await at.place.put(objects);
      const keys = new Set(objects.map(({ key }) => key));
      for (const object of (await at.place.list()).filter(({ key }) => keys.has(key))) {
        const { status, body } = await at.program.post(s3Notification(at.place.bucket, [object]), { path: '/ingest/s3' });
        assert.equal(status, 200, JSON.stringify(body));
      }
    },
  },
  'objects of others, by back-fill': {
    store: true,
    async send(at) {
      await writeByOthers(at.place);
      const { code, out, err } = await run(['backfill', `s3://${at.place.bucket}/${PREFIX}`, '--data', at.program.data, ...at.place.flags],
        { env: at.place.env, timeoutMs: 300_000 });
      assert.equal(code, 0, out + err);
    },
  },
};

async function settled(at, ways) {
  for (const way of ways) {
    await way.settled?.(at);
  }
  if (at.place) {
    await objectsRead(at.program, (await at.place.list()).length);
  }
}

before(async () => {
  lines = (await run(['simulate', ...FLEET, '--to', '-'])).out.trimEnd().split('\n');
  const { program } = await startProgram();
  await PATHS['IoT HTTP action'].send({ program });
  expected = await rowsOf(program);
  assert.ok(expected.breadcrumbs.length > 150 && expected.positions.length === 8);
  assert.equal(await program.stop(), 0, program.log);
});

for (const [name, way] of Object.entries(PATHS).slice(1)) {
  test(`${name}: the same rows`, async () => {
    const at = await startProgram({ withStore: way.store, withQueue: way.queue });
    await way.send(at);
    await settled(at, [way]);
    assert.deepEqual(await rowsOf(at.program), expected);
    assert.equal(await at.program.stop(), 0, at.program.log);
  });
}

test('all paths at once, in any order, and all of it again: the same rows, and the duplicates are counted', async () => {
  const at = await startProgram({ withStore: true, withQueue: true });
  const shuffled = Object.values(PATHS).map((way) => [Math.random(), way]).sort(([a], [b]) => a - b).map(([, way]) => way);
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < shuffled.length; i += 3) {
      await Promise.all(shuffled.slice(i, i + 3).map((way) => way.send(at)));
    }
    await settled(at, shuffled);
    assert.deepEqual(await rowsOf(at.program), expected, `round ${round + 1}`);
  }
  const counts = await at.program.sql('SELECT source, events, stored, duplicates, duplicates_elsewhere, rejected FROM ingest_path');
  let stored = 0;
  let elsewhere = 0;
  for (const [source, events, ...parts] of counts.map((row) => row.map(Number))) {
    assert.equal(events, parts[0] + parts[1] + parts[3], `source ${source}: events = stored + duplicates + rejected`);
    assert.ok(parts[2] <= parts[1]);
    stored += parts[0];
    elsewhere += parts[2];
  }
  assert.equal(stored, expected.breadcrumbs.length);
  assert.ok(elsewhere > 0);
  assert.deepEqual(counts.map(([source]) => Number(source)).sort(), [1, 2, 3, 4]);
  assert.equal(await at.program.stop(), 0, at.program.log);
});
