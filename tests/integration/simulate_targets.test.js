// `crumbtrail simulate` and `replay` to S3 and to Firehose's HTTP endpoint: exactly the names and contents that AWS gives, and what
// happens when the other side refuses.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, test } from 'node:test';
import zlib from 'node:zlib';

import { FakeS3 } from './support/fake_s3.js';
import { BINARY, eventually, makeDataFolder, run } from './support/program.js';

const FLEET = ['--vehicles', '3', '--move', '4', '--interval', '20', '--rate', '0', '--seed', '7', '--start', '2026-11-22T08:59:30Z'];
const PREFIX = 'iot/iotfleet/';
const KEY = 'key-of-this-test';

let lines; // the same fleet, one event a line
before(async () => {
  lines = (await run(['simulate', ...FLEET, '--to', '-'])).out.trimEnd().split('\n');
  assert.equal(lines.length, 12);
});

let s3;
const started = [];
async function newS3() {
  s3 = await new FakeS3().start();
  started.push(s3);
  return s3;
}
after(() => started.forEach((server) => server.stop()));

function toS3(...more) {
  return run(['simulate', ...FLEET, '--to', `s3://fleet-raw/${PREFIX}`, ...s3.flags, ...more], { env: s3.env });
}

/** A web server that answers everything with `answer(request, body)`, and keeps what it got. */
async function receiver(answer) {
  const got = [];
  const server = http.createServer((request, response) => {
    const pieces = [];
    request.on('data', (piece) => pieces.push(piece)).on('end', () => {
      const body = Buffer.concat(pieces);
      got.push({ url: request.url, headers: request.headers, body });
      const [status, text] = answer(request, body, got.length);
      response.writeHead(status, { 'content-type': 'application/json' }).end(text);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  started.push({ stop: () => server.close() });
  return { got, url: `http://127.0.0.1:${server.address().port}` };
}

const milliseconds = (event, i) => Date.parse('2026-11-22T08:59:30Z') + Math.floor(i / 3) * 20_000 + Math.floor(((i % 3) * 20_000) / 3);

for (const [flags, name] of [
  [['--layout', 's3'], (thing) => `s3/${thing}`],
  [['--layout', 's3', '--topic-keys'], (thing) => `s3/$aws/things/${thing}/shadow/update/documents`],
  [['--layout', 's3p'], (thing) => `s3p/thingname=${thing}`],
]) {
  test(`${flags.join(' ')}: an object for each event, the same each time`, async () => {
    await newS3();
    const { code, out, err } = await toS3(...flags);
    assert.equal(code, 0, out + err);
    assert.match(out, /sent 12 = stored 12 \+ failed 0; objects 12; bytes \d+; retries 0/);
    const expected = new Map(lines.map((line, i) => {
      const event = JSON.parse(line);
      return [`${PREFIX}${name(event.thingnm)}/${milliseconds(event, i)}`, line];
    }));
    assert.deepEqual(s3.keys(), [...expected.keys()].sort());
    for (const [key, line] of expected) {
      assert.equal(s3.objects.get(key).body.toString(), line);
    }
    const first = new Map(s3.objects);
    assert.equal((await toS3(...flags)).code, 0);
    assert.deepEqual([...s3.objects.keys()].sort(), [...first.keys()].sort());
  });
}

for (const [flags, separator, extension] of [[[], '\n', ''], [['--separator', 'none'], '', ''],
  [['--separator', 'comma', '--gzip'], ',', '.gz']]) {
  test(`--layout firehose ${flags.join(' ')}: batches by time, named by their oldest event`, async () => {
    await newS3();
    const { code, out, err } = await toS3('--layout', 'firehose', '--buffer-s', '40', '--stream', 'my.fleet_2', ...flags);
    assert.equal(code, 0, out + err);
    assert.match(out, /sent 12 = stored 12 \+ failed 0; objects 2;/);
    const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';
    const keys = s3.keys();
    assert.match(keys[0], new RegExp(`^${PREFIX}firehose/2026/11/22/08/my\\.fleet_2-1-2026-11-22-08-59-30-${uuid}${extension}$`));
    assert.match(keys[1], new RegExp(`^${PREFIX}firehose/2026/11/22/09/my\\.fleet_2-1-2026-11-22-09-00-10-${uuid}${extension}$`));
    const contents = keys.map((key) => s3.objects.get(key).body).map((body) => (extension ? zlib.gunzipSync(body) : body).toString());
    assert.deepEqual(contents, [lines.slice(0, 6), lines.slice(6)].map((part) => part.map((line) => line + separator).join('')));
    assert.equal((await toS3('--layout', 'firehose', '--buffer-s', '40', '--stream', 'my.fleet_2', ...flags)).code, 0);
    assert.deepEqual(s3.keys(), keys, 'the same names again');
  });
}

test('late and repeated events get names of their own', async () => {
  await newS3();
  const { code, out } = await run(['simulate', '--vehicles', '1', '--move', '200', '--interval', '0.001', '--rate', '0', '--late', '20%',
    '--duplicate', '30%', '--to', 's3://fleet-raw', ...s3.flags], { env: s3.env });
  assert.equal(code, 0, out);
  const [, sent, objects] = /sent (\d+) = .*objects (\d+)/.exec(out).map(Number);
  assert.ok(sent > 220, out);
  assert.equal(objects, sent);
  assert.equal(s3.objects.size, sent, 'no object was written over another');
});

test('what heals is tried again, what does not ends the run with the reason', async () => {
  await newS3();
  s3.refuse = (method, key, number) => (number % 3 === 1 ? [503, 'SlowDown'] : null);
  const healed = await toS3('--layout', 's3');
  assert.equal(healed.code, 0, healed.out);
  assert.equal(s3.objects.size, 12);
  s3.refuse = () => [403, 'AccessDenied'];
  const denied = await toS3('--layout', 's3');
  assert.equal(denied.code, 1);
  assert.match(denied.out, /First failure: S3: .*AccessDenied/);
  s3.refuse = () => null;
  const elsewhere = await run(['simulate', ...FLEET, '--to', 's3://other-bucket/', ...s3.flags], { env: s3.env });
  assert.equal(elsewhere.code, 1);
  assert.match(elsewhere.out, /First failure: S3: .*NoSuchBucket/);
});

for (const refusal of [[503, 'SlowDown'], 'no answer']) {
  test(`Ctrl-C while S3 gives ${[refusal].flat().at(-1)}: what is not stored is said, and makes it fail`, async () => {
    await newS3();
    s3.refuse = (method, key, number) => (number > 2 ? refusal : null);
    const child = spawn(BINARY, ['simulate', ...FLEET, '--to', 's3://fleet-raw', '--connections', '4', ...s3.flags],
      { env: { ...process.env, ...s3.env } });
    let out = '';
    child.stdout.on('data', (chunk) => { out += chunk; });
    await eventually(() => s3.requests > 4, { what: 'requests' });
    child.kill('SIGINT');
    const [code] = await once(child, 'close');
    assert.equal(code, 1, out);
    const [, sent, stored, failed] = /sent (\d+) = stored (\d+) \+ failed (\d+); objects \2;/.exec(out).map(Number);
    assert.equal(sent, stored + failed);
    assert.equal(stored, s3.objects.size);
    assert.ok(stored >= 1 && failed >= 1, out);
  });
}

for (const kind of ['a server', 'S3']) {
  test(`Ctrl-C while ${kind} is gone: it does not wait for what can only be tried again`, async () => {
    await newS3();
    const gone = s3.url;
    s3.stop();
    const target = kind === 'S3' ? ['--to', 's3://fleet-raw', ...s3.flags] : ['--to', `${gone}/ingest/iot`];
    const child = spawn(BINARY, ['simulate', ...FLEET, ...target, '--connections', '4'], { env: { ...process.env, ...s3.env } });
    let said = '';
    [child.stdout, child.stderr].forEach((stream) => stream.on('data', (chunk) => { said += chunk; }));
    await eventually(() => /Trying again/.test(said), { what: 'trying again', timeoutMs: 60_000 });
    const begun = performance.now();
    child.kill('SIGINT');
    const [code] = await once(child, 'close');
    assert.equal(code, 1, said);
    assert.ok(performance.now() - begun < 4000, 'sooner than the grace of 5 s');
    const [, sent, failed] = /sent (\d+) = stored 0 .*failed (\d+);/.exec(said).map(Number);
    assert.ok(sent >= 4 && failed === sent, said);
  });
}

test('without credentials it says what was looked for', async () => {
  await newS3();
  const { code, out, err } = await run(['simulate', ...FLEET, '--to', 's3://fleet-raw', ...s3.flags], { env: {
    AWS_EC2_METADATA_DISABLED: 'true', AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', HOME: makeDataFolder(), AWS_PROFILE: '',
    AWS_SHARED_CREDENTIALS_FILE: '/nowhere', AWS_CONFIG_FILE: '/nowhere' } });
  assert.equal(code, 1, out + err);
  assert.match(out, /First failure: S3: .*credentials/);
});

test('--new and --deletefleet go to the server that is told, and are nothing without one', async () => {
  await newS3();
  const server = await receiver(() => [200, '{}']);
  const { code, out } = await toS3('--new', '--notify', `${server.url}/ingest/s3`, '--ingest-key', KEY);
  assert.equal(code, 0, out);
  assert.match(out, /objects 12 = told 12 \+ not told 0/);
  assert.equal(server.got.filter(({ url }) => url.startsWith('/v1/vehicles/iotfleet_')).length, 3);
  assert.match((await toS3('--new')).out, /S3 has no register of vehicles/);
});

for (const style of ['s3', 'eventbridge', 'minio']) {
  test(`--notify-style ${style}: every object is told once, when it is there`, async () => {
    await newS3();
    const early = [];
    const server = await receiver((request, body) => {
      const key = style === 'eventbridge' ? JSON.parse(body).detail.object.key
        : decodeURIComponent(JSON.parse(body).Records[0].s3.object.key.replaceAll('+', ' '));
      if (!s3.objects.has(key)) {
        early.push(key);
      }
      return [200, '{}'];
    });
    const { code, out } = await toS3('--layout', 's3p', '--notify', `${server.url}/ingest/s3`, '--notify-style', style, '--ingest-key', KEY);
    assert.equal(code, 0, out);
    assert.deepEqual(early, []);
    assert.equal(server.got.length, 12);
    for (const { url, headers, body } of server.got) {
      assert.equal(url, '/ingest/s3');
      assert.equal(style === 'minio' ? headers.authorization : headers['x-ingest-key'], style === 'minio' ? `Bearer ${KEY}` : KEY);
      const said = JSON.parse(body);
      const object = style === 'eventbridge' ? said.detail.object : said.Records[0].s3.object;
      const key = style === 'eventbridge' ? object.key : decodeURIComponent(object.key);
      assert.equal(object.etag ?? object.eTag, s3.objects.get(key).etag);
      assert.equal(object.size, s3.objects.get(key).body.length);
      assert.equal(/%3D/.test(object.key), style !== 'eventbridge');
    }
  });
}

test('who does not want to be told makes it fail, with the reason', async () => {
  await newS3();
  const server = await receiver(() => [401, '{"detail":"wrong key"}']);
  const { code, out } = await toS3('--notify', `${server.url}/ingest/s3`);
  assert.equal(code, 1);
  assert.match(out, /not told [1-9]/);
  assert.match(out, /First failure: the notification was answered with status 401: .*wrong key/);
});

function firehoseAnswer(request, body) {
  const plain = request.headers['content-encoding'] === 'gzip' ? zlib.gunzipSync(body) : body;
  return [200, JSON.stringify({ requestId: JSON.parse(plain).requestId, timestamp: Date.now() })];
}

for (const more of [[], ['--gzip', '--separator', 'none']]) {
  test(`to /ingest/firehose ${more.join(' ')}: Firehose's contract`, async () => {
    const server = await receiver((request, body, number) => (number === 1 ? [500, '{}'] : firehoseAnswer(request, body)));
    const { code, out } = await run(['simulate', ...FLEET, '--buffer-s', '40', '--to', `${server.url}/ingest/firehose`, '--ingest-key', KEY,
      '--connections', '1', ...more]);
    assert.equal(code, 0, out);
    assert.match(out, /sent 12 = taken 12 \+ failed 0; requests 2; retries 1/);
    const separator = more.length > 0 ? '' : '\n';
    const requests = server.got.map(({ headers, body }) => {
      const request = JSON.parse(headers['content-encoding'] === 'gzip' ? zlib.gunzipSync(body) : body);
      assert.equal(headers['content-encoding'], more.length > 0 ? 'gzip' : undefined);
      assert.equal(headers['content-type'], 'application/json');
      assert.equal(headers['x-amz-firehose-protocol-version'], '1.0');
      assert.equal(headers['x-amz-firehose-request-id'], request.requestId);
      assert.equal(headers['x-amz-firehose-access-key'], KEY);
      assert.match(headers['x-amz-firehose-source-arn'], /^arn:aws:firehose:[a-z0-9-]+:\d{12}:deliverystream\/iotfleet$/);
      assert.ok(Number.isInteger(request.timestamp) && request.timestamp > 1.6e12);
      assert.deepEqual(Object.keys(request), ['requestId', 'timestamp', 'records']);
      return request;
    });
    assert.equal(requests[0].requestId, requests[1].requestId, 'a request that is sent again keeps its id');
    assert.deepEqual(requests.slice(1).flatMap(({ records }) => records.map(({ data }) => Buffer.from(data, 'base64').toString())),
      lines.map((line) => line + separator));
  });
}

test('an answer that Firehose would not take is a failure', async () => {
  const server = await receiver(() => [200, '{"requestId":"another","timestamp":1}']);
  const { code, out } = await run(['simulate', ...FLEET, '--to', `${server.url}/ingest/firehose`]);
  assert.equal(code, 1);
  assert.match(out, /failed 12/);
  assert.match(out, /First failure: the answer is not what Firehose expects/);
});

test('replay takes the same targets', async () => {
  await newS3();
  const file = path.join(makeDataFolder(), 'trace.csv');
  fs.writeFileSync(file, 'timestamp,vehicle_id,longitude,latitude\n2026-01-05T10:00:00Z,r1,-122.6,45.5\n2026-01-05T10:00:00Z,r1,-122.6,45.6\n'
    + '2026-01-05T10:01:00Z,r2,-122.6,45.5\n');
  const { code, out, err } = await run(['replay', file, '--speed', '0', '--to', 's3://fleet-raw/x', '--layout', 's3p', ...s3.flags], { env: s3.env });
  assert.equal(code, 0, out + err);
  assert.deepEqual(s3.keys(), ['x/s3p/thingname=iotfleet_r1/1767607200000', 'x/s3p/thingname=iotfleet_r1/1767607200001',
    'x/s3p/thingname=iotfleet_r2/1767607260000']);
});
