// The client of AWS against a real S3 server that checks signatures.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { before, test } from 'node:test';
import { objectStore, skipWithoutObjectStore } from './support/object_store.js';
import { run } from './support/program.js';

const skip = skipWithoutObjectStore();
const KEYS = ['iot/iotfleet/s3p/thingname=iotfleet_1/1463704133123', 'iot/iotfleet/s3/$aws/things/a:b/shadow/update/documents/1',
  'a b', 'a+b', 'a%41', 'x//y/', '/leading', 'x/../y', './x', 'ünï/ø/ሴ', 'q?x=1&y=2#z', "quote'\"<>&;,", 'tab\ttab', '~-._!()*@[]{}|^`\\'];
const sha256 = (body) => createHash('sha256').update(body).digest('hex');
let store;

before(async () => {
  if (!skip) {
    store = await objectStore();
  }
});

const check = (args, env = {}) => run(['aws-check', ...args, ...store.flags], { env: { ...store.env, ...env } });

/** The objects that --read printed: key -> [sha256, bytes]. */
function readObjects(out) {
  const rows = [...out.matchAll(/^([0-9a-f]{64}) (\d+) (.*)$/gm)];
  return new Map(rows.map(([, hash, bytes, key]) => [key, [hash, Number(bytes)]]));
}

test('keys of every kind are listed and read', { skip }, async () => {
  const bucket = await store.makeBucket();
  const bodies = new Map(KEYS.map((key, index) => [key, Buffer.alloc(index * 40_000, `${key} `)]));
  await store.put(bucket, KEYS.map((key) => ({ key, body: bodies.get(key) })));
  const { code, out, err } = await check([`s3://${bucket}`, '--all', '--read']);
  assert.equal(code, 0, err);
  const read = readObjects(out);
  assert.deepEqual([...read.keys()].sort(), [...KEYS].sort());
  for (const key of KEYS) {
    assert.deepEqual(read.get(key), [sha256(bodies.get(key)), bodies.get(key).length], key);
  }
  const total = [...bodies.values()].reduce((sum, body) => sum + body.length, 0);
  assert.match(out, new RegExp(`listing: +s3://${bucket}/: ${KEYS.length} objects, ${total} bytes\n`));
  assert.match(out, new RegExp(`reading: +${KEYS.length} objects, ${total} bytes, 0 failed`));
  for (const prefix of ['iot/iotfleet/s3p/thingname=', 'iot/iotfleet/s3/$aws/', 'ünï/', 'a+', 'a b', 'x//']) {
    const expected = KEYS.filter((key) => key.startsWith(prefix));
    const part = await check([`s3://${bucket}/${prefix}`, '--all', '--read']);
    assert.deepEqual([...readObjects(part.out).keys()].sort(), expected.sort(), prefix);
  }
});

test('an object that awscli wrote', { skip }, async () => {
  const bucket = await store.makeBucket();
  await store.awscli(['s3api', 'put-object', '--bucket', bucket, '--key', 'from=awscli', '--body', new URL(import.meta.url).pathname]);
  const { code, out } = await check([`s3://${bucket}/from=`, '--read']);
  assert.equal(code, 0);
  const [object] = await store.list(bucket);
  const body = await store.get(bucket, 'from=awscli');
  assert.deepEqual(readObjects(out).get('from=awscli'), [sha256(body), object.size]);
});

test('a list over several pages', { skip }, async () => {
  const bucket = await store.makeBucket();
  const keys = Array.from({ length: 2345 }, (_, index) => `page/${String(index).padStart(5, '0')}+é`);
  await store.put(bucket, keys.map((key) => ({ key, body: 'x' })));
  const first = await check([`s3://${bucket}/page/`]);
  assert.match(first.out, /: 1000 objects, 1000 bytes, and more/);
  const all = await check([`s3://${bucket}/page/`, '--all', '--read']);
  assert.match(all.out, /: 2345 objects, 2345 bytes\n/);
  assert.equal(readObjects(all.out).size, 2345);
});

test('what S3 refuses is said in its own words', { skip }, async () => {
  const bucket = await store.makeBucket();
  const wrongSecret = await check([`s3://${bucket}`], { AWS_SECRET_ACCESS_KEY: 'wrong' });
  assert.equal(wrongSecret.code, 1);
  assert.match(wrongSecret.err, new RegExp(`S3 ListObjectsV2 ${bucket}/: SignatureDoesNotMatch.*HTTP 403`));
  const wrongKey = await check([`s3://${bucket}`], { AWS_ACCESS_KEY_ID: 'AKIAUNKNOWNUNKNOWN' });
  assert.match(wrongKey.err, /InvalidAccessKeyId \(HTTP 403/);
  const noBucket = await check(['s3://no-such-bucket-here/x']);
  assert.match(noBucket.err, /NoSuchBucket \(HTTP 404/);
  const empty = await check([`s3://${bucket}`, '--read']);
  assert.equal(empty.code, 0);
  assert.match(empty.out, /: 0 objects, 0 bytes\nreading: +0 objects/);
  for (const result of [wrongSecret, wrongKey, noBucket]) {
    assert.ok(!result.err.includes(store.secretAccessKey) && !result.out.includes(store.accessKeyId));
  }
});

test('an S3 server of one\'s own needs no region', { skip }, async () => {
  const bucket = await store.makeBucket();
  const { code, out } = await check([`s3://${bucket}`], { AWS_REGION: '', AWS_DEFAULT_REGION: '' });
  assert.equal(code, 0);
  assert.match(out, /listing:/);
});
