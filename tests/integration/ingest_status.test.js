// What the operator asks of the ways in: status, rejected events and their replay, objects of S3, the trace of one event.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { withHangingDatabase } from './support/postmaster.js';
import { Program, eventually, iotEvent } from './support/program.js';
import { StreamClient, closeAll } from './support/stream_client.js';

const NOW = Math.floor(Date.now() / 1000);
let program = new Program();
const GOOD = { vehicle: 'status_a', version: 1, seconds: NOW - 100 };
const BAD_LATITUDE = { thingnm: 'status_bad', latitude: 99, longitude: 1 };

before(async () => {
  await program.start();
});
after(closeAll);

const replay = (target) => program.post('', { path: `/v1/ingest/rejected/${target}`, key: null });

/** A rejected row as an earlier version, or other settings, may have left it. Gives its number. */
async function keepRejected(body, { source = 1, vehicle = null, hint = null, reason = 'of the past', receivedAt = 'now()', request = 'r' } = {}) {
  const text = (value) => (value === null ? 'NULL' : `'${String(value).replaceAll("'", "''")}'`);
  const bytes = Buffer.from(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)).toString('hex');
  const [[id]] = await program.sql(`INSERT INTO rejected (digest, received_at, source, vehicle, field, reason, request_id, body, vehicle_hint)
    VALUES (sha256(random()::text::bytea), ${receivedAt}, ${source}, ${text(vehicle)}, '$', ${text(reason)}, ${text(request)}, '\\x${bytes}', ${text(hint)}) RETURNING rejected_id`);
  return Number(id);
}

async function readRejected(id) {
  return (await program.get(`/v1/ingest/rejected/${id}`)).body;
}

async function tracedItems(query) {
  const answer = await program.get(`/v1/ingest/trace?${query}`);
  assert.equal(answer.status, 200, answer.text);
  return answer.body.items;
}

test('the status says what came by which way', async () => {
  assert.equal((await program.post([iotEvent(GOOD), BAD_LATITUDE])).status, 200);
  assert.equal((await program.post(iotEvent(GOOD))).body.duplicates, 1);
  const status = await eventually(async () => {
    const { body } = await program.get('/v1/ingest/status');
    return body.paths[0].deliveries === 2 && body;
  }, { what: 'both deliveries in the status' });
  assert.deepEqual(status.paths.map((row) => row.path), ['iot_http', 'sns', 's3', 'firehose', 'replay']);
  const [iot, sns] = status.paths;
  assert.deepEqual([iot.events, iot.stored, iot.duplicates, iot.duplicates_elsewhere, iot.rejected], [3, 1, 1, 0, 1]);
  assert.ok(Date.parse(iot.last_received_at) <= Date.parse(iot.last_committed_at));
  assert.ok(iot.last_age_s >= 99);
  assert.deepEqual([sns.deliveries, sns.last_received_at, sns.lag_s], [0, null, null]);
  assert.deepEqual([status.rejected.count, status.rejected.open], [1, 1]);
  assert.equal(status.rejected.reasons[0].reason, 'expected -90..90');
  assert.deepEqual([status.database.is_away, status.database.reason, status.spool.entries], [false, null, 0]);
  assert.equal((await program.get('/v1/ingest/status?x=1')).status, 400);
});

test('the status knows the objects of S3, by how they were found', async () => {
  await program.sql(`INSERT INTO ingest_object (bucket, object_key, version_key, found_by, state, announced_at, next_try_at, events, stored)
    VALUES ('b', 'k1', '', 1, 'read', now(), NULL, 10, 9), ('b', 'k2', '', 1, 'failed', now() - interval '3 days', now() + interval '1 day', 0, 0),
           ('b', 'k3', '', 6, 'missing', now(), NULL, 0, 0)`);
  await program.sql(`INSERT INTO ingest_sweep VALUES ('s3://b/', now(), now(), 3, 1, 4, NULL)`);
  const status = await eventually(async () => {
    const { body } = await program.get('/v1/ingest/status');
    return body.objects.read === 1 && body;
  }, { what: 'the object in the status' });
  const { objects } = status;
  assert.deepEqual([objects.announced, objects.failed, objects.missing, objects.events, objects.stored], [2, 1, 1, 10, 9]);
  assert.ok(Date.parse(status.now) - Date.parse(objects.oldest_waiting_at) > 2.9 * 86_400_000);
  const sweep = objects.found_by.find((row) => row.found_by === 'sweep');
  assert.deepEqual([sweep.announced, sweep.missing, sweep.failed], [1, 1, 0]);
  assert.deepEqual([objects.sweeps[0].prefix, objects.sweeps[0].missing_total], ['s3://b/', 4]);
});

test('the status has the links that AWS wants opened', async () => {
  await program.sql(`INSERT INTO ingest_confirmation (arn, kind, url, state, asked_at) VALUES
    ('arn:aws:sns:eu-central-1:1:a', 'subscription', 'https://sns.eu-central-1.amazonaws.com/?x', 'operator', now()),
    ('arn:aws:sns:eu-central-1:1:b', 'subscription', 'https://sns.eu-central-1.amazonaws.com/?y', 'confirmed', now())`);
  const { confirmations } = await eventually(async () => {
    const { body } = await program.get('/v1/ingest/status');
    return body.confirmations.length > 0 && body;
  }, { what: 'the confirmation in the status' });
  assert.deepEqual(confirmations.map((one) => [one.arn, one.state]), [['arn:aws:sns:eu-central-1:1:a', 'operator']]);
});

test('objects are listed in pages and tried again', async () => {
  const first = await program.get('/v1/ingest/objects?limit=2&bucket=b');
  const second = await program.get(first.body.next.replace(program.base, ''));
  assert.equal(second.body.next, null);
  const keys = [...first.body.items, ...second.body.items].map((item) => item.key);
  assert.deepEqual([...keys].sort(), ['k1', 'k2', 'k3']);
  assert.equal(keys[2], 'k2');
  assert.equal((await program.get('/v1/ingest/objects?state=missing&found_by=sweep&prefix=k')).body.items[0].key, 'k3');
  const csv = (await program.get('/v1/ingest/objects?f=csv')).text.trimEnd().split('\r\n');
  assert.equal(csv.length, 4);
  assert.equal(csv[0].split(',').length, csv[1].split(',').length);
  const retry = (query) => program.post('', { path: `/v1/ingest/objects/retry?${query}`, key: null });
  assert.equal((await retry('bucket=b&key=k1')).status, 409);
  assert.equal((await retry('bucket=b&key=none')).status, 404);
  assert.equal((await retry('bucket=b')).body.errors[0].name, 'key');
  assert.deepEqual((await retry('bucket=b&key=k3')).body, { waiting: 1 });
});

test('rejected events are listed newest first, by filter and in every form', async () => {
  const binary = await program.post(new Uint8Array([0xff, 0xfe, 0, 1]));
  assert.equal(binary.status, 400);
  await keepRejected('{"a":0', { source: 4, vehicle: 'status_old', receivedAt: "now() - interval '2 days'" });
  const all = (await program.get('/v1/ingest/rejected')).body.items;
  const times = all.map((item) => item.received_at.padEnd(30, '0'));
  assert.deepEqual(times, [...times].sort().reverse());
  const [newest] = all;
  const read = await readRejected(newest.rejected_id);
  assert.deepEqual([read.body_encoding, read.body, read.body_bytes], ['base64', '//4AAQ==', 4]);
  const page = await program.get('/v1/ingest/rejected?limit=1');
  const next = await program.get(page.body.next.replace(program.base, ''));
  assert.deepEqual([page.body.items[0], next.body.items[0]], all.slice(0, 2));
  for (const [query, vehicles] of [['source=firehose', ['status_old']], ['vehicle=status_bad', ['status_bad']], ['reason=EXPECTED%20-90', ['status_bad']],
    [`to=${new Date(Date.now() - 86_400_000).toISOString()}`, ['status_old']], ['open=false', []]]) {
    const { items } = (await program.get(`/v1/ingest/rejected?${query}`)).body;
    assert.deepEqual(items.map((item) => item.vehicle), vehicles, query);
  }
  const lines = (await program.get('/v1/ingest/rejected?f=ndjson')).text.trimEnd().split('\n');
  assert.deepEqual(lines.map((line) => JSON.parse(line)), all);
  const csv = (await program.get('/v1/ingest/rejected?f=csv')).text.trimEnd().split('\r\n');
  assert.equal(csv.length, all.length + 1);
  for (const query of ['source=x', 'open=maybe', 'from=yesterday', 'x=1', 'limit=0', 'cursor=abc']) {
    const answer = await program.get(`/v1/ingest/rejected?${query}`);
    assert.equal(answer.body.errors[0].name, query.split('=')[0]);
  }
  assert.equal((await program.get('/v1/ingest/rejected/999999')).status, 404);
});

test('a rejected event is replayed after a fix, once', async () => {
  const event = { latitude: 45.5, longitude: -122.6, timestamp: NOW - 60, version: 3 };
  const id = await keepRejected(event, { source: 3, hint: 'status_hinted', request: 's3://b/k9' });
  assert.deepEqual((await replay(`${id}/replay`)).body, { rejected_id: id, outcome: 'stored', stored: 1, duplicates: 0 });
  assert.equal((await replay(`${id}/replay`)).body.outcome, 'duplicate');
  const row = await readRejected(id);
  assert.deepEqual([row.replay.times, row.replay.outcome, row.vehicle_hint], [2, 'stored', 'status_hinted']);
  const [traced] = await tracedItems('vehicle=status_hinted&version=3');
  assert.deepEqual([traced.received.path, traced.received.file, traced.position.moved], ['replay', 's3://b/k9', true]);
  assert.ok(await program.metric('crumbtrail_rejected_replays_total{result="stored"}') >= 1);
});

test('an event without a time is replayed with the time at which it came', async () => {
  const id = await keepRejected({ thingnm: 'status_timeless', latitude: 45.5, longitude: -122.6 }, { receivedAt: "'2026-01-02 03:04:05Z'" });
  assert.equal((await replay(`${id}/replay`)).status, 200);
  const [traced] = await tracedItems('vehicle=status_timeless&version=0');
  assert.equal(traced.recorded_at, '2026-01-02T03:04:05Z');
});

test('what still cannot be read says why, and what can of the same body is stored', async () => {
  const [{ rejected_id: id }] = (await program.get('/v1/ingest/rejected?vehicle=status_bad')).body.items;
  const bad = await replay(`${id}/replay`);
  assert.equal(bad.status, 409);
  assert.equal(bad.body.errors[0].name, 'latitude');
  assert.match(bad.body.detail, /expected -90\.\.90/);
  assert.equal((await readRejected(id)).replay.outcome, 'rejected');
  const mixed = await keepRejected([iotEvent({ vehicle: 'status_mixed', version: 1 }), { ...BAD_LATITUDE, thingnm: 'status_mixed' }]);
  assert.deepEqual((await replay(`${mixed}/replay`)).body.outcome, 'stored');
  const { items } = (await program.get('/v1/ingest/rejected?vehicle=status_mixed&source=replay')).body;
  assert.deepEqual(items.map((item) => item.field), ['[1].latitude']);
  const nothing = await keepRejected('');
  assert.equal((await replay(`${nothing}/replay`)).status, 409);
  assert.equal((await replay('999999/replay')).status, 404);
  assert.equal((await replay('x/replay')).body.errors[0].name, 'id');
});

test('all that fit are replayed, in portions', async () => {
  for (let version = 1; version <= 20; version += 1) {
    await keepRejected(iotEvent({ vehicle: 'status_many', version, seconds: NOW - 500 + version }), { source: 2, reason: 'many, at byte 7' });
  }
  await keepRejected('{', { source: 2, reason: 'many, at byte 8' });
  const query = 'source=sns&reason=many,%20at%20byte%20%23';
  const part = (await replay(`replay?${query}&limit=18`)).body;
  assert.deepEqual([part.replayed, part.settled, part.stored, part.errors], [18, 18, 18, []]);
  const rest = (await replay(`replay?${query}&after=${part.after}`)).body;
  assert.deepEqual([rest.replayed, rest.settled, rest.still_rejected, rest.after], [3, 2, 1, null]);
  assert.match(rest.errors[0].reason, /not acceptable JSON/);
  assert.equal((await replay(`replay?${query}`)).body.replayed, 0); /* its reason is another now */
  assert.equal((await program.get('/v1/positions?vehicle=status_many')).body.items.length, 20);
  for (const wrong of ['source=x', 'after=-1', 'limit=20000', 'from=x', 'x=1']) {
    assert.equal((await replay(`replay?${wrong}`)).body.errors[0].name, wrong.split('=')[0]);
  }
});

test('one event is followed from its arrival to the map', async () => {
  const client = await new StreamClient(program.base, { vehicles: ['status_traced'] }).connect();
  await client.waitFor((message) => message.type === 'snapshot');
  await program.post(iotEvent({ vehicle: 'status_traced', version: 1, seconds: NOW - 10 }));
  await eventually(() => client.positions.size === 1, { what: 'the vehicle on the map' });
  const [first] = await tracedItems('vehicle=status_traced&version=1');
  assert.deepEqual([first.received.path, first.received.objects, first.position.moved, first.committed.reason], ['iot_http', null, true, null]);
  assert.ok(Date.parse(first.received.at) <= Date.parse(first.committed.at));
  const sent = await eventually(async () => (await tracedItems('vehicle=status_traced&version=1'))[0].sent.frames >= 1, { what: 'the frame in the trace' });
  assert.ok(sent);

  await program.post([iotEvent({ vehicle: 'status_traced', version: 2, seconds: NOW - 20 }),
    iotEvent({ vehicle: 'status_traced', version: 3, seconds: NOW, lat: 0, lon: 0 }),
    iotEvent({ vehicle: 'status_traced', version: 4, seconds: NOW - 5, lat: 45.5201 }),
    iotEvent({ vehicle: 'status_traced', version: 5, seconds: NOW - 2, lat: 45.5202 })]);
  const [older] = await tracedItems('vehicle=status_traced&version=2');
  assert.match(older.position.reason, /^a newer one (was there already|came with it)/);
  const [flagged] = await tracedItems('vehicle=status_traced&version=3');
  assert.deepEqual([flagged.position.moved, flagged.position.reason, flagged.sent.reason],
    [false, 'it is flagged: null_island', 'it did not move the marker']);
  const [passed] = await tracedItems('vehicle=status_traced&version=4');
  assert.match(passed.position.reason, /^a newer one came with it: .*version 5$/);
  const [byTime] = await tracedItems(`vehicle=status_traced&recorded_at=${new Date((NOW - 2) * 1000).toISOString()}`);
  assert.equal(byTime.version, 5);
});

test('an event of S3 names its object', async () => {
  await program.sql(`INSERT INTO ingest_object (bucket, object_key, version_key, found_by, state, announced_at, started_at, finished_at)
    VALUES ('traces', 'iot/other', '', 2, 'read', now() - interval '1 hour', now() - interval '1 minute', now()),
           ('traces', 'iot/status_s3/1', '', 1, 'read', now() - interval '1 hour', now() - interval '1 minute', now())`);
  await program.post(iotEvent({ vehicle: 'status_s3', version: 1, seconds: NOW - 40 }));
  await program.sql(`UPDATE breadcrumb SET source = 3, extra = '{"filenm": "s3://traces/iot/status_s3/1"}'
    WHERE vehicle_id = (SELECT vehicle_id FROM vehicle WHERE name = 'status_s3')`);
  const [item] = await tracedItems('vehicle=status_s3&version=1');
  assert.equal(item.received.path, 's3');
  assert.deepEqual([item.received.file, item.received.objects.map((object) => [object.key, object.found_by])],
    ['s3://traces/iot/status_s3/1', [['iot/status_s3/1', 'sns']]]);
});

test('an event that is not stored may be among the rejected', async () => {
  const unknown = await program.get('/v1/ingest/trace?vehicle=status_bad&version=1');
  assert.equal(unknown.status, 404);
  assert.match(unknown.body.detail, /no event of status_bad is stored; rejected ones of it are \d+/);
  const other = await program.get('/v1/ingest/trace?vehicle=status_a&version=77');
  assert.match(other.body.detail, /no such event of status_a is stored, and none/);
  for (const [query, name] of [['', 'vehicle'], ['?vehicle=status_a', 'version'], ['?vehicle=a%20b&version=1', 'vehicle'],
    ['?vehicle=status_a&version=x', 'version'], ['?vehicle=status_a&recorded_at=x', 'recorded_at'], ['?vehicle=a&version=1&y=1', 'y']]) {
    const answer = await program.get(`/v1/ingest/trace${query}`);
    assert.equal(answer.status, 400);
    assert.equal(answer.body.errors[0].name, name);
  }
});

test('the status is told without the database, with what was known last', async () => {
  const guest = await new Program({ database: `host=${program.data}/run user=postgres dbname=crumbtrail` }).start();
  const { body: known } = await guest.get('/v1/ingest/status');
  assert.equal(known.database.is_away, false);
  await program.stop();
  const away = await eventually(async () => {
    const answer = await guest.get('/v1/ingest/status');
    assert.equal(answer.status, 200, answer.text);
    return answer.body.database.is_away && answer.body.spool.is_spooling && answer.body;
  }, { what: 'the database being away', timeoutMs: 30_000 });
  assert.ok(away.database.reason);
  assert.ok(Date.parse(away.database.as_of) < Date.parse(away.now));
  assert.equal(away.paths[0].deliveries, known.paths[0].deliveries);
  assert.equal((await guest.post(iotEvent({ vehicle: 'status_spooled' }))).status, 200);
  const kept = await eventually(async () => {
    const { spool } = (await guest.get('/v1/ingest/status')).body;
    return spool.entries === 1 && spool;
  }, { what: 'the event in the spool' });
  assert.ok(kept.bytes > 0 && kept.bytes <= kept.bytes_max && Date.parse(kept.oldest_received_at) > 0);
  assert.equal((await guest.get('/v1/ingest/rejected')).status, 503);
  assert.equal((await guest.post('', { path: '/v1/ingest/rejected/1/replay', key: null })).status, 503);
  await guest.stop();
});

test('the status is not held up by a database that stands still, once that is known', async () => {
  const held = await new Program().start();
  await held.post(iotEvent(GOOD));
  await eventually(async () => (await held.get('/v1/ingest/status')).body.paths[0].deliveries === 1, { what: 'the delivery in the status' });
  await withHangingDatabase(held, async () => {
    const posted = held.post(iotEvent({ ...GOOD, version: 2 }));
    await eventually(async () => (await held.get('/v1/ingest/status')).body.spool.is_spooling, { what: 'spooling', timeoutMs: 60_000 });
    const took = [];
    for (let i = 0; i < 24; i += 1) { /* more than there are workers, each of which would wait 5 s for a connection */
      const begun = performance.now();
      const { status, body } = await held.get('/v1/ingest/status');
      took.push(performance.now() - begun);
      assert.deepEqual([status, body.database.is_away, body.paths[0].deliveries], [200, true, 1]);
    }
    assert.ok(Math.max(...took) < 4000, took.join());
    assert.equal((await posted).status, 200);
  });
  await eventually(async () => {
    const { body } = await held.get('/v1/ingest/status');
    return !body.database.is_away && body.paths[0].deliveries === 2;
  }, { what: 'fresh figures', timeoutMs: 60_000 });
  assert.equal(await held.stop(), 0);
});

test('where commits are not timed, the trace says so', async () => {
  const settings = path.join(program.data, 'postgres', 'crumbtrail.conf');
  const text = fs.readFileSync(settings, 'utf8');
  assert.match(text, /track_commit_timestamp = on/);
  fs.writeFileSync(settings, text.replace('track_commit_timestamp = on', 'track_commit_timestamp = off'));
  program = await new Program({ data: program.data }).start();
  const [item] = await tracedItems('vehicle=status_a&version=1');
  assert.equal(item.committed.at, null);
  assert.match(item.committed.reason, /track_commit_timestamp = on/);
  assert.equal(item.sent.reason, 'this server does not remember that far back');
});
