// POST /ingest/s3 on the real program: notifications by EventBridge, MinIO and others become objects to read, once each.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { before, describe, it } from 'node:test';
import { makeCluster } from './support/cluster.js';
import { Program, INGEST_KEY, eventually, iotEvent } from './support/program.js';
import { AwsStandIn, SnsAuthority, TOPIC, postSns, s3Event } from './support/sns_authority.js';

const CASES = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../cases/notifications');
const NEXT_KEY = 'the-next-integration-key';
let program;

before(async () => {
  program = await new Program({ flags: ['--ingest-key-next', NEXT_KEY] }).start();
});

const post = (body, options = {}) => program.post(body, { path: '/ingest/s3', ...options });
const read = (name) => JSON.parse(fs.readFileSync(path.join(CASES, `${name}.input`), 'utf8'));
const objectsOf = (bucket) => program.sql(`SELECT object_key, coalesce(version_id, ''), coalesce(etag, ''), found_by
  FROM ingest_object WHERE bucket = '${bucket}' ORDER BY object_key`);
const problem = (answer) => ({ status: answer.status, field: answer.body.errors?.[0]?.name });
const eventBridge = (bucket, key) => {
  const event = read('eventbridge');
  event.detail.bucket.name = bucket;
  event.detail.object.key = key;
  return event;
};

describe('forms', () => {
  it("takes S3's event JSON and decodes its keys", async () => {
    const answer = await post(s3Event('hook-s3', 'a+b c/thingname=v/ü', { versionId: 'v1', etag: 'e1' }));
    assert.deepEqual([answer.status, answer.body], [200, { announced: 1, ignored: [] }]);
    assert.deepEqual(await objectsOf('hook-s3'), [['a+b c/thingname=v/ü', 'v1', 'e1', '3']]);
  });

  it("takes EventBridge's, whose keys are as they are, with a Range header, alone and in arrays", async () => {
    const headers = { range: 'bytes=0-1048575', 'user-agent': 'Amazon/EventBridge/ApiDestinations', 'content-type': 'application/json; charset=utf-8' };
    assert.equal((await post(eventBridge('hook-eb', 'a+b%2Bc'), { headers })).status, 200);
    const answer = await post([eventBridge('hook-eb', 'x'), eventBridge('hook-eb', 'y')], { headers });
    assert.deepEqual([answer.status, answer.body.announced], [200, 2]);
    assert.deepEqual((await objectsOf('hook-eb')).map(([key, , , foundBy]) => [key, foundBy]), [['a+b%2Bc', '4'], ['x', '4'], ['y', '4']]);
  });

  it("takes MinIO's, after its HEAD, with its Bearer token", async () => {
    for (const target of ['/ingest/s3', '/ingest/s3/']) {
      assert.equal((await fetch(program.base + target, { method: 'HEAD' })).status, 200);
      assert.equal((await fetch(program.base + target)).status, 200);
    }
    const minio = s3Event('hook-minio', 'a b', { source: 'minio:s3', version: '2.0', name: 's3:ObjectCreated:Put' });
    const answer = await post({ EventName: 's3:ObjectCreated:Put', Key: 'hook-minio/a b', ...minio }, { key: null, headers: { authorization: `Bearer ${INGEST_KEY}` } });
    assert.deepEqual([answer.status, answer.body], [200, { announced: 1, ignored: [] }]);
    assert.deepEqual((await objectsOf('hook-minio')).map(([key]) => key), ['a b']);
  });

  it('takes the trailing slash and the next key', async () => {
    assert.equal((await post(s3Event('hook-slash', 'k'), { path: '/ingest/s3/', key: NEXT_KEY })).status, 200);
    assert.equal((await post(s3Event('hook-slash', 'l'), { key: null, headers: { authorization: `bearer ${NEXT_KEY}` } })).status, 200);
    assert.equal((await objectsOf('hook-slash')).length, 2);
  });

  it('answers test events, deletes and other events 200 and reads nothing', async () => {
    for (const name of ['s3_test_event', 's3_removed', 'eventbridge_deleted', 'eventbridge_others', 'minio_test']) {
      const answer = await post(read(name));
      assert.deepEqual([answer.status, answer.body.announced], [200, 0], name);
      assert.notEqual(answer.body.ignored.length, 0);
    }
  });

  it('announces an object once, whoever announces it', async () => {
    for (let i = 0; i < 2; i += 1) {
      assert.equal((await post(s3Event('hook-once', 'k', { etag: 'e' }))).status, 200);
      const event = eventBridge('hook-once', 'k');
      event.detail.object.etag = 'e';
      assert.equal((await post(event)).status, 200);
    }
    assert.equal((await objectsOf('hook-once')).length, 1);
  });
});

describe('refusals', () => {
  it('needs the key', async () => {
    for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: INGEST_KEY }, { 'x-ingest-key': 'wrong', authorization: `Bearer ${INGEST_KEY}` }]) {
      const answer = await post(s3Event('hook-no-key', 'k'), { key: null, headers });
      assert.deepEqual(problem(answer), { status: 401, field: 'x-ingest-key' });
    }
    assert.deepEqual(await objectsOf('hook-no-key'), []);
  });

  it('names the field that is wrong, and keeps what came', async () => {
    const cases = [['s3_version_3', 'Records[0].eventVersion'], ['s3_key_bad_escape', 'Records[1].s3.object.key'], ['s3_bucket_missing', 'Records[0].s3'],
      ['eventbridge_key_missing', '[1].detail.object'], ['minio_key_without_bucket', 'Key'], ['mixed_array', '[1]'], ['events_object', '$']];
    for (const [name, field] of cases) {
      const body = fs.readFileSync(path.join(CASES, `${name}.input`), 'utf8');
      assert.deepEqual(problem(await post(body)), { status: 400, field }, name);
      const [row] = await program.sql(`SELECT field, source, convert_from(body, 'UTF8') = $$${body}$$ FROM rejected WHERE field = '${field}'`);
      assert.deepEqual(row, [field, '3', 't'], name);
    }
    assert.deepEqual(problem(await post('')), { status: 400, field: '$' });
    assert.deepEqual(problem(await post('{"Records":[')), { status: 400, field: '$' });
    assert.equal((await post('x'.repeat(1024 * 1024 + 1))).status, 413);
  });

  it('does not take events here, and says so', async () => {
    const answer = await post(iotEvent({ vehicle: 'hook_events' }));
    assert.equal(answer.status, 400);
    assert.match(answer.body.detail, /expected a notification of S3/);
    assert.deepEqual(await program.sql("SELECT 1 FROM vehicle WHERE name = 'hook_events'"), []);
  });
});

describe('while the database is away', () => {
  it('notifications wait on disk, over a kill, and their objects are queued once it is back', { timeout: 180_000 }, async () => {
    const aws = await new AwsStandIn().start();
    const authority = new SnsAuthority(aws);
    const { control, database } = await makeCluster();
    const settings = { database, flags: ['--aws-link-endpoint-url', aws.url, '--sns-topics-allowed', TOPIC] };
    const away = await new Program(settings).start();
    const isSpooling = async (server) => /spooling/.test(await (await fetch(`${server.admin}/readyz`)).text());
    await control('stop', '-m', 'fast');
    await eventually(() => isSpooling(away), { timeoutMs: 60_000, what: 'spooling' });
    const hook = (event) => away.post(event, { path: '/ingest/s3' });
    assert.deepEqual((await hook(s3Event('away-s3', 'a+b'))).body, { announced: 1, ignored: [], spooled: 1 });
    assert.deepEqual((await hook([eventBridge('away-eb', 'x'), eventBridge('away-eb', 'y')])).body, { announced: 2, ignored: [], spooled: 2 });
    const message = authority.message(s3Event('away-sns', 'k'));
    assert.deepEqual((await postSns(away, message)).body, { announced: 1, ignored: [], spooled: 1 });
    assert.equal((await hook(read('s3_test_event'))).status, 200);
    assert.equal((await hook(read('s3_version_3'))).status, 400);
    await away.kill();
    await control('start');
    const back = await new Program({ ...settings, data: away.data }).start();
    const objects = () => back.sql("SELECT bucket, object_key, found_by FROM ingest_object WHERE bucket LIKE 'away-%' ORDER BY 1, 2");
    await eventually(async () => (await objects()).length === 4, { timeoutMs: 60_000, what: 'four objects' });
    assert.deepEqual(await objects(), [['away-eb', 'x', '4'], ['away-eb', 'y', '4'], ['away-s3', 'a+b', '3'], ['away-sns', 'k', '1']]);
    await eventually(async () => (await back.sql('SELECT 1 FROM rejected WHERE source = 3')).length === 1, { timeoutMs: 60_000, what: 'what was rejected' });
    await eventually(async () => (await back.metric('crumbtrail_spool_entries')) === 0, { timeoutMs: 60_000, what: 'an empty spool' });
    assert.equal(await back.stop(), 0);
  });
});
