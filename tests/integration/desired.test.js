// Back to the vehicle: what is asked of it goes into the ledger, to AWS IoT's data API (a fake one here), and is confirmed by what
// the vehicle reports, on whatever way and however late; over refusals, time-outs and kills.
import assert from 'node:assert/strict';
import { before, after, test } from 'node:test';

import { IotData } from './support/iot_data.js';
import { Program, eventually, iotEvent, makeDataFolder } from './support/program.js';

const LONG = { timeoutMs: 90_000 };
const KEYS = { AWS_ACCESS_KEY_ID: 'AKIATEST', AWS_SECRET_ACCESS_KEY: 'secret' };
Object.assign(process.env, KEYS);
for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE', 'AWS_SESSION_TOKEN']) {
  delete process.env[name];
}
const iot = await new IotData().start();
const flags = ['--iot-endpoint-url', iot.url, '--aws-region', 'us-west-2', '--aws-timeout-ms', '2000'];
const program = new Program({ flags });

before(() => program.start());
after(() => iot.stop());

async function put(vehicle, body, { headers = {}, of = program } = {}) {
  return of.get(`/v1/vehicles/${vehicle}/desired`, { method: 'PUT',
    headers: { 'content-type': 'application/json', ...headers }, body: typeof body === 'string' ? body : JSON.stringify(body) });
}

async function change(id, vehicle, check, of = program) {
  return eventually(async () => {
    const { body } = await of.get(`/v1/vehicles/${vehicle}/desired`);
    const found = body.items.find((item) => item.id === id);
    return found && check(found) && found;
  }, { ...LONG, what: `change ${id} of ${vehicle}` });
}

const isIn = (...states) => (item) => states.includes(item.state);

/** The vehicle reports, and the rule sends the whole shadow. */
async function report(vehicle, reported, { of = program, send = true } = {}) {
  const shadow = iot.report(vehicle, reported);
  const event = iotEvent({ vehicle, version: shadow.version, more: shadow.reported });
  event.current.state.desired = { ...shadow.desired };
  if (send) {
    assert.equal((await of.post(event)).status, 200);
  }
  return event;
}

test('asked, sent, confirmed by what the vehicle reports', async () => {
  await report('back:one', { setpoint_c: 2 });
  const asked = await put('back:one', { desired: { setpoint_c: 4, fan: { level: 2 }, days: [1, 2] }, requested_by: 'Ada' });
  assert.equal(asked.status, 202, asked.text);
  assert.deepEqual([asked.body.requested_by, asked.body.vehicle, asked.body.shadow], ['Ada', 'back:one', null]);
  const sent = await change(asked.body.id, 'back:one', isIn('sent'));
  assert.equal(sent.sent_version, 2);
  const [request] = iot.updates('back:one');
  assert.deepEqual(request.body, { state: { desired: { setpoint_c: 4, fan: { level: 2 }, days: [1, 2] } }, clientToken: String(sent.id) });
  const shadow = await eventually(async () => {
    const { body } = await program.get('/v1/vehicles/back:one/shadow');
    return body.version === 2 && body;
  }, LONG);
  assert.deepEqual([shadow.desired.setpoint_c, shadow.delta.setpoint_c, shadow.pending.map((item) => item.id)], [4, 4, [sent.id]]);
  await report('back:one', { setpoint_c: 4, fan: { level: 2, mode: 'x' }, days: [1, 2, 3] });
  await report('back:one', { days: [2, 1] });
  assert.equal((await program.get('/v1/vehicles/back:one/desired')).body.items[0].state, 'sent', 'arrays count whole and in order');
  await report('back:one', { days: [1, 2] });
  const confirmed = await change(sent.id, 'back:one', isIn('confirmed'));
  assert.equal(confirmed.confirmed_by_version, 5);
  assert.ok(confirmed.ended_at);
  assert.deepEqual((await program.get('/v1/vehicles/back:one/shadow')).body.pending, []);
});

test('a deletion is confirmed when the desired state has it no more', async () => {
  await report('back_null', { setpoint_c: 2 });
  const set = (await put('back_null', { desired: { note: 'x' } })).body.id;
  await change(set, 'back_null', isIn('sent'));
  const asked = await put('back_null', { desired: { note: null } });
  await change(asked.body.id, 'back_null', isIn('sent', 'confirmed'));
  assert.equal((await change(set, 'back_null', isIn('superseded'))).superseded_by, asked.body.id);
  await report('back_null', { setpoint_c: 3 });
  await change(asked.body.id, 'back_null', isIn('confirmed'));
});

test('a confirmation that comes late, behind newer versions, counts; one of before it was sent does not', async () => {
  const early = await report('back_late', { setpoint_c: 7 });
  await report('back_late', { setpoint_c: 1 });
  const asked = await put('back_late', { desired: { setpoint_c: 7 } });
  await change(asked.body.id, 'back_late', isIn('sent'));
  const held = await report('back_late', { setpoint_c: 7 }, { send: false });
  await report('back_late', { setpoint_c: 9 });
  await program.post({ ...early, current: { ...early.current, version: 1 }, clientToken: 'again' });
  await eventually(async () => (await program.get('/v1/vehicles/back_late/shadow')).body.version === 5, LONG);
  assert.equal((await program.get('/v1/vehicles/back_late/desired')).body.items[0].state, 'sent');
  await program.post(held);
  assert.equal((await change(asked.body.id, 'back_late', isIn('confirmed'))).confirmed_by_version, 4);
});

test('a part that is later set otherwise is not awaited; a change with nothing left is superseded', async () => {
  await report('back_super', {});
  const first = (await put('back_super', { desired: { a: 1, b: { c: 2, d: 3 } } })).body.id;
  const second = (await put('back_super', { desired: { b: { c: 9 } } })).body.id;
  const third = (await put('back_super', { desired: { b: { c: 8 } } })).body.id;
  assert.equal((await change(second, 'back_super', isIn('superseded'))).superseded_by, third);
  await change(third, 'back_super', isIn('sent'));
  await report('back_super', { a: 1, b: { c: 8, d: 3 } });
  await change(first, 'back_super', isIn('confirmed'));
  await change(third, 'back_super', isIn('confirmed'));
  const order = iot.updates('back_super').map((request) => Number(request.body.clientToken));
  assert.deepEqual(order, [...order].sort((a, b) => a - b));
  assert.deepEqual(iot.shadow('back_super').desired.b, { c: 8, d: 3 });
});

test('named shadows are asked by name', async () => {
  await report('back_named', {});
  const asked = await put('back_named', { desired: { interval_s: 5 }, shadow: '$config:1' });
  await change(asked.body.id, 'back_named', isIn('sent'));
  assert.equal(iot.updates('back_named')[0].shadow, '$config:1');
  await program.post({ thingnm: 'back_named', thetopic: '$aws/things/back_named/shadow/name/$config:1/update/accepted',
    state: { reported: { interval_s: 5 } }, version: 2, timestamp: Math.floor(Date.now() / 1000) });
  await change(asked.body.id, 'back_named', isIn('confirmed'));
});

test('what AWS refuses is refused with its words; what may go well later is tried again', async () => {
  for (const name of ['back_404', 'back_409', 'back_429', 'back_hang', 'back_drop']) {
    await report(name, {});
  }
  iot.plan('back_404', 404);
  iot.plan('back_409', 409, 409);
  iot.plan('back_429', ...Array(12).fill(429));
  iot.plan('back_hang', 'hang');
  iot.plan('back_drop', 'drop', 'drop');
  const asked = Object.fromEntries(await Promise.all(['back_404', 'back_409', 'back_429', 'back_hang', 'back_drop']
    .map(async (name) => [name, (await put(name, { desired: { n: 1 } })).body.id])));
  const refused = await change(asked.back_404, 'back_404', isIn('refused'));
  assert.equal(refused.error.status, 404);
  assert.match(refused.error.detail, /No shadow exists/);
  for (const name of ['back_409', 'back_429', 'back_hang', 'back_drop']) {
    const sent = await change(asked[name], name, isIn('sent'));
    assert.equal(sent.error, null, name);
  }
});

test('a wrong service name is told with the setting to look at', async () => {
  const other = await new IotData({ serviceName: 'iotdevicegateway' }).start();
  const wrong = await new Program({ flags: ['--iot-endpoint-url', other.url, '--aws-region', 'us-west-2'] }).start();
  await wrong.post(iotEvent({ vehicle: 'back_wrong' }));
  const asked = await put('back_wrong', { desired: { n: 1 } }, { of: wrong });
  const refused = await change(asked.body.id, 'back_wrong', isIn('refused'), wrong);
  assert.equal(refused.error.status, 403);
  assert.match(refused.error.detail, /iot-service-name/);
  await wrong.stop();
  const right = await new Program({ data: wrong.data, flags: [...wrong.flags, '--iot-service-name', 'iotdevicegateway'] }).start();
  const again = await put('back_wrong', { desired: { n: 1 } }, { of: right });
  await change(again.body.id, 'back_wrong', isIn('sent'), right);
  await right.stop();
  await other.stop();
});

test('a change that nobody confirms expires', async () => {
  await report('back_expires', {});
  const asked = await put('back_expires', { desired: { n: 1 }, expires_after_s: 10 });
  assert.equal(Date.parse(asked.body.expires_at) - Date.parse(asked.body.requested_at), 10_000);
  const ended = await change(asked.body.id, 'back_expires', isIn('expired'));
  assert.equal(ended.sent_version, 2);
});

test('an idempotency key makes one change of two requests', async () => {
  await report('back_key', {});
  const headers = { 'idempotency-key': 'k-1' };
  const [one, two] = await Promise.all([1, 2].map(() => put('back_key', { desired: { n: 1 } }, { headers })));
  assert.deepEqual([one.status, two.status, one.body.id], [202, 202, two.body.id]);
  assert.deepEqual([one, two].filter((answer) => answer.headers.get('idempotency-replayed')).length, 1);
  const other = await put('back_key', { desired: { n: 2 } }, { headers });
  assert.equal(other.status, 409);
  assert.equal(other.body.errors[0].name, 'Idempotency-Key');
  assert.equal((await put('back_key', { desired: { n: 1 } }, { headers: { 'idempotency-key': 'a b' } })).status, 400);
  await change(one.body.id, 'back_key', isIn('sent'));
  assert.equal(iot.updates('back_key').length, 1);
});

test('what is wrong is named', async () => {
  await report('back_bad', {});
  const deep = (levels) => (levels === 0 ? 1 : { a: deep(levels - 1) });
  const wrong = [
    [{}, 'desired'], [{ desired: null }, 'desired'], [{ desired: [1] }, 'desired'], [{ desired: {} }, 'desired'],
    [{ desired: { a: { b: {} } } }, 'desired.a.b'], [{ desired: { a: [1, null] } }, 'desired.a[1]'],
    [{ desired: { a: [{ b: [null] }] } }, 'desired.a[0].b[0]'], [{ desired: deep(7) }, 'desired.a.a.a.a.a.a'],
    [{ desired: { a: 'x'.repeat(8200) } }, 'desired'], [{ desired: { a: 1 }, shadow: 'a b' }, 'shadow'],
    [{ desired: { a: 1 }, expires_after_s: 5 }, 'expires_after_s'], [{ desired: { a: 1 }, requested_by: 7 }, 'requested_by'],
    [{ desired: { a: 1 }, more: 1 }, 'more'], ['{"desired":{"a":1e999}}', 'desired.a'],
  ];
  for (const [body, name] of wrong) {
    const answer = await put('back_bad', body);
    assert.equal(answer.status, 400, JSON.stringify(body));
    assert.equal(answer.body.errors[0].name, name, answer.text);
  }
  assert.equal((await put('back_bad', '{')).status, 400);
  assert.equal((await put('nobody', { desired: { a: 1 } })).status, 404);
  assert.equal((await put('back_bad', { desired: deep(6) })).status, 202);
  assert.equal((await put('back_bad', { desired: { a: 1 } }, { headers: { 'content-type': 'text/plain' } })).status, 415);
});

test('the ledger comes in pages, newest first', async () => {
  await report('back_pages', {});
  for (let n = 0; n < 5; n += 1) {
    assert.equal((await put('back_pages', { desired: { [`n${n}`]: n } })).status, 202);
  }
  const ids = [];
  for (let url = '/v1/vehicles/back_pages/desired?limit=2'; url;) {
    const { body } = await program.get(url);
    ids.push(...body.items.map((item) => item.id));
    url = body.next?.replace(program.base, '');
  }
  assert.equal(ids.length, 5);
  assert.deepEqual(ids, [...ids].sort((a, b) => b - a));
  assert.equal((await program.get('/v1/vehicles/back_pages/desired?cursor=AAAA')).status, 400);
});

test('without AWS nothing is taken, and the answer names the settings', async () => {
  const alone = await new Program().start();
  await alone.post(iotEvent({ vehicle: 'back_alone' }));
  const answer = await put('back_alone', { desired: { a: 1 } }, { of: alone });
  assert.equal(answer.status, 409);
  assert.match(answer.body.detail, /iot-endpoint-url.*aws-region/);
  assert.deepEqual((await alone.get('/v1/vehicles/back_alone/desired')).body.items, []);
  await alone.stop();
});

test('killed while sending, it is sent again and not lost; two servers send each change once', async () => {
  const data = makeDataFolder();
  const own = await new Program({ data, flags }).start();
  for (let n = 0; n < 6; n += 1) {
    await own.post(iotEvent({ vehicle: `back_kill_${n}` }));
    iot.plan(`back_kill_${n}`, 'hang');
  }
  const asked = [];
  for (let n = 0; n < 6; n += 1) {
    asked.push((await put(`back_kill_${n}`, { desired: { n } }, { of: own })).body.id);
  }
  await eventually(() => iot.updates('back_kill_0').length > 0, LONG);
  await own.kill();
  const back = await new Program({ data, flags }).start();
  const second = await new Program({ database: `host=${data}/run dbname=crumbtrail user=postgres`, flags }).start();
  for (let n = 0; n < 6; n += 1) {
    await change(asked[n], `back_kill_${n}`, isIn('sent'), back);
    assert.deepEqual(iot.shadow(`back_kill_${n}`).desired, { n });
  }
  const later = await Promise.all(Array.from({ length: 12 }, (_, n) =>
    put(`back_kill_${n % 6}`, { desired: { later: n } }, { of: n % 2 ? second : back })));
  for (const [n, { body }] of later.entries()) {
    await change(body.id, `back_kill_${n % 6}`, isIn('sent', 'superseded'), back);
    assert.ok(iot.updates(`back_kill_${n % 6}`).filter((request) => request.body.clientToken === String(body.id)).length <= 1);
  }
  await second.stop();
  await back.stop();
});

test('a shadow that fell behind is read from AWS', async () => {
  await report('back_behind', { n: 1 });
  await eventually(async () => (await program.get('/v1/vehicles/back_behind/shadow')).status === 200, LONG);
  iot.report('back_behind', { n: 2 });
  await program.sql("UPDATE position SET version = 2, received_at = now() - interval '5 minutes' FROM vehicle v WHERE v.vehicle_id = position.vehicle_id AND v.name = 'back_behind'");
  assert.equal((await program.get('/v1/vehicles/back_behind/shadow')).body.is_behind, true);
  assert.equal(await program.stop(), 0);
  const back = await new Program({ data: program.data, flags }).start();
  const shadow = await eventually(async () => {
    const { body } = await back.get('/v1/vehicles/back_behind/shadow');
    return body.version === 2 && body;
  }, LONG);
  await back.stop();
  assert.deepEqual([shadow.reported.n, shadow.is_behind], [2, false]);
});
