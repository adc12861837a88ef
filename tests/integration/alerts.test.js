// Alerts from a condition in the database to the receiver: webhooks, their signatures, what dispatchers do, mutes, silence.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { addVehicles, plant, send } from './support/conditions.js';
import { Program, eventually, iotEvent, sleep } from './support/program.js';
import { isSigned, receiver } from './support/receivers.js';

const LONG = { timeoutMs: 60_000 };
const program = new Program({ flags: ['--webhook-hosts-allowed', '127.0.0.0/8', '--message-timeout-ms', '2000'] });

before(async () => {
  await program.start();
  await addVehicles(program, ['truck_1', 'truck_2', 'truck_3', 'truck_4', 'truck_5', 'truck_6'], 'north');
});

const put = (target, body) => send(program, 'PUT', target, body);
const post = (target, body) => send(program, 'POST', target, body);

/** A channel and a policy of its own for one vehicle. */
async function listen(name, hook, policy = {}) {
  const channel = await put(`/v1/channels/${name}`, { kind: 'webhook', url: hook.url });
  assert.equal(channel.status, 201, channel.text);
  const answer = await put(`/v1/alert-policies/${name}`, { channels: [name], ...policy });
  assert.equal(answer.status, 201, answer.text);
  return channel.body.secret;
}

const arrived = (hook, count) => eventually(() => hook.requests.length >= count && hook.requests, { ...LONG, what: `${count} messages` });
const changesOf = async (program_, vehicle) => program_.sql(`SELECT e.change, e.sequence, a.state FROM alert_event e JOIN alert a USING (alert_id)
  JOIN vehicle v USING (vehicle_id) WHERE v.name = '${vehicle}' ORDER BY a.alert_id, e.sequence`);

test('fires once, clears once, signed, with what a person needs', async () => {
  const hook = await receiver();
  const secret = await listen('one', hook, { vehicles: ['truck_1'] });
  const began = Date.now() - 20_000;
  await plant(program, { vehicle: 'truck_1', kind: 'speeding', began, fires: began + 5000, value: 95, limit: 80 });
  await arrived(hook, 1);
  await plant(program, { vehicle: 'truck_1', kind: 'speeding', began, fires: began + 5000, value: 101.25, limit: 80 });
  await plant(program, { vehicle: 'truck_1', kind: 'speeding', began, fires: began + 5000, ended: Date.now(), value: 99, limit: 80 });
  const [fired, cleared] = await arrived(hook, 2);
  assert.ok(isSigned(secret, fired) && isSigned(secret, cleared));
  assert.equal(fired.headers['content-type'], 'application/json');
  assert.match(fired.headers['webhook-id'], /^msg_[0-9a-f-]{36}$/);
  assert.equal(fired.json.type, 'alert.fired');
  assert.deepEqual([fired.json.data.alert.state, fired.json.data.alert.vehicle, fired.json.data.alert.value, fired.json.data.alert.limit_value,
    fired.json.data.alert.unit, fired.json.data.sequence], ['firing', 'truck_1', 95, 80, 'km/h', 1]);
  assert.equal(fired.json.data.title, 'truck_1 speeding: 95 km/h, limit 80 km/h');
  assert.equal(cleared.json.type, 'alert.cleared');
  assert.deepEqual([cleared.json.data.alert.state, cleared.json.data.alert.value, cleared.json.data.sequence], ['cleared', 101.2, 2]);
  assert.equal(cleared.json.data.alert.alert_id, fired.json.data.alert.alert_id);
  assert.notEqual(cleared.headers['webhook-id'], fired.headers['webhook-id']);
  assert.deepEqual(await changesOf(program, 'truck_1'), [['fired', '1', 'cleared'], ['cleared', '2', 'cleared']]);
});

test('repeats until it is acknowledged, escalates, tells those who want to know; acknowledging twice changes nothing', async () => {
  const ops = await receiver();
  const boss = await receiver();
  await put('/v1/channels/boss', { kind: 'webhook', url: boss.url });
  await listen('ops', ops, { vehicles: ['truck_2'], escalate: [{ after_s: 3, channels: ['boss'] }], tell_acknowledged: true });
  const began = Date.now() - 1000;
  await plant(program, { vehicle: 'truck_2', kind: 'temperature_urgent', began, value: 14, limit: 10 });
  await arrived(boss, 1);
  const { alert_id: id } = boss.requests[0].json.data.alert;
  assert.equal(boss.requests[0].json.type, 'alert.escalated');
  const first = await post(`/v1/alerts/${id}/acknowledge`, { by: 'Ada', note: 'calling the driver' });
  assert.deepEqual([first.status, first.body.state, first.body.acknowledged_by], [200, 'acknowledged', 'Ada']);
  const second = await post(`/v1/alerts/${id}/acknowledge`, { by: 'Bob' });
  assert.deepEqual([second.status, second.body.acknowledged_by, second.body.sequence], [200, 'Ada', first.body.sequence]);
  await plant(program, { vehicle: 'truck_2', kind: 'temperature_urgent', began, ended: Date.now(), value: 14, limit: 10 });
  await arrived(ops, 3);
  assert.deepEqual(ops.changes(), ['fired', 'acknowledged', 'cleared']);
  assert.equal(ops.requests[1].json.data.by, 'Ada');
  await arrived(boss, 3);
  assert.deepEqual(boss.changes(), ['escalated', 'acknowledged', 'cleared']);
  const late = await post(`/v1/alerts/${id}/acknowledge`);
  assert.equal(late.status, 200, 'it was acknowledged');
});

test('assigned, noted, muted: the timeline tells it; a list item, a message and one alert say the same', async () => {
  const hook = await receiver();
  await listen('three', hook, { vehicles: ['truck_3'] });
  const began = Date.now() - 1000;
  await plant(program, { vehicle: 'truck_3', kind: 'temperature', began, value: 9, limit: 8 });
  const [fired] = await arrived(hook, 1);
  const id = fired.json.data.alert.alert_id;
  const list = await program.get('/v1/alerts?vehicle=truck_3&state=open');
  assert.deepEqual(list.body.items, [fired.json.data.alert]);
  assert.equal((await post(`/v1/alerts/${id}/assign`, { to: 'Bob', by: 'Ada' })).body.assigned_to, 'Bob');
  assert.equal((await post(`/v1/alerts/${id}/note`, { note: 'door was open', by: 'Bob' })).status, 200);
  const muted = await post(`/v1/alerts/${id}/mute`, { for_s: 3600, by: 'Bob' });
  assert.ok(Date.parse(muted.body.muted_until) > Date.now() + 3_000_000);
  assert.equal((await post(`/v1/alerts/${id}/mute`, { until: null })).body.muted_until, null);
  await eventually(async () => (await program.get(`/v1/alerts/${id}`)).body.deliveries[0]?.state === 'delivered', LONG);
  const { body } = await program.get(`/v1/alerts/${id}`);
  assert.deepEqual(body.timeline.map(({ change, by, note }) => [change, by, note]), [['fired', null, null], ['assigned', 'Ada', null],
    ['noted', 'Bob', 'door was open'], ['muted', 'Bob', null], ['unmuted', null, null]]);
  assert.deepEqual(body.deliveries.map(({ channel, state, tries, sequence, message_id: message }) => [channel, state, tries, sequence, message]),
    [['three', 'delivered', 1, 1, fired.headers['webhook-id'].replace('msg_', '')]]);
  const csv = await program.get('/v1/alerts?vehicle=truck_3&f=csv');
  assert.match(csv.text, /^alert_id,kind,severity,state,.*\r\n\d+,temperature,warning,firing,/s);
  assert.deepEqual(hook.changes(), ['fired'], 'what people write is sent to nobody');
});

test('a muted vehicle is not told of until the mute ends', async () => {
  const hook = await receiver();
  await listen('four', hook, { vehicles: ['truck_4'] });
  const mute = await post('/v1/mutes', { vehicle: 'truck_4', for_s: 600, by: 'Ada', note: 'workshop' });
  assert.equal(mute.status, 201, mute.text);
  await plant(program, { vehicle: 'truck_4', kind: 'speeding', began: Date.now() - 1000, value: 90, limit: 80 });
  await eventually(async () => (await program.get('/v1/alerts?vehicle=truck_4')).body.items[0]?.state === 'firing', LONG);
  assert.deepEqual((await program.get('/v1/mutes')).body.items.map(({ vehicle, by, kind }) => [vehicle, by, kind]), [['truck_4', 'Ada', null]]);
  assert.equal(hook.requests.length, 0);
  assert.equal((await send(program, 'DELETE', `/v1/mutes/${mute.body.mute_id}`)).status, 204);
  await arrived(hook, 1);
  assert.deepEqual(hook.changes(), ['told']);
});

test('a receiver that fails, drops, redirects and refuses gets the same message again; others do not wait for a slow one', async () => {
  const answers = [(response) => response.writeHead(500).end('oops'), (response) => response.destroy(),
    (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(), (response) => response.writeHead(204).end()];
  const flaky = await receiver((request, response, count) => answers[Math.min(count, 4) - 1](response));
  const hanging = await receiver(() => {});
  const quick = await receiver();
  await put('/v1/channels/hanging', { kind: 'webhook', url: hanging.url });
  await put('/v1/channels/quick', { kind: 'webhook', url: quick.url });
  await listen('flaky', flaky, { vehicles: ['truck_5'] });
  await put('/v1/alert-policies/slow', { vehicles: ['truck_5'], channels: ['hanging', 'quick'] });
  await plant(program, { vehicle: 'truck_5', kind: 'speeding', began: Date.now() - 1000, value: 90, limit: 80 });
  await arrived(hanging, 1);
  await arrived(quick, 1);
  await arrived(flaky, 2);
  assert.equal(new Set(flaky.ids()).size, 1, 'the id is the same each time');
  const waiting = await eventually(async () => (await program.get('/v1/alerts/deliveries?channel=hanging&state=waiting')).body.items
    .find((item) => item.answer !== null), LONG);
  assert.match(waiting.answer, /timed out|timeout/i);
  await eventually(async () => {
    await program.sql("UPDATE outbox SET next_try_at = now() WHERE channel = 'flaky' AND delivered_at IS NULL");
    return flaky.requests.length >= 4;
  }, { ...LONG, everyMs: 500 });
  const [done] = await eventually(async () => {
    const { body } = await program.get('/v1/alerts/deliveries?channel=flaky&state=delivered');
    return body.items.length === 1 && body.items;
  }, LONG);
  assert.deepEqual([done.tries >= 3, done.status], [true, 204]); // libcurl itself sends again on a kept connection that has died
  assert.equal(new Set(flaky.ids()).size, 1);
  assert.equal((await program.get('/v1/channels/hanging')).body.failing_since === null, false);
});

test('the end waits for the beginning; a reminder gives way to the end', async () => {
  let isUp = false;
  const hook = await receiver((request, response) => response.writeHead(isUp ? 200 : 503).end());
  await listen('down', hook, { vehicles: ['truck_6'] });
  const began = Date.now() - 1000;
  await plant(program, { vehicle: 'truck_6', kind: 'speeding', began, value: 90, limit: 80 });
  await arrived(hook, 1);
  await plant(program, { vehicle: 'truck_6', kind: 'speeding', began, ended: Date.now(), value: 90, limit: 80 });
  await eventually(async () => (await program.get('/v1/alerts?vehicle=truck_6')).body.items[0].state === 'cleared', LONG);
  isUp = true;
  await eventually(async () => {
    await program.sql("UPDATE outbox SET next_try_at = now() WHERE channel = 'down' AND delivered_at IS NULL");
    return (await program.get('/v1/alerts/deliveries?channel=down&state=delivered')).body.items.length === 2;
  }, { ...LONG, everyMs: 300 });
  const order = hook.requests.map(({ json }) => json.data.change);
  assert.ok(order.lastIndexOf('fired') < order.indexOf('cleared'), order.join());
});

test('410 disables a channel, as days of failure do; setting it anew enables it', async () => {
  const gone = await receiver((request, response) => response.writeHead(410).end());
  await put('/v1/channels/gone', { kind: 'webhook', url: gone.url });
  assert.equal((await post('/v1/channels/gone/test')).status, 202);
  const channel = await eventually(async () => {
    const { body } = await program.get('/v1/channels/gone');
    return body.disabled_at && body;
  }, LONG);
  assert.match(channel.disabled_reason, /wants no more/);
  assert.match(program.log, /alert_channel_disabled channel=gone/);
  assert.equal(gone.requests[0].json.type, 'channel.test');
  assert.equal((await post('/v1/channels/gone/test')).status, 409);
  assert.equal((await put('/v1/channels/gone', { kind: 'webhook', url: gone.url })).status, 200);
  assert.equal((await program.get('/v1/channels/gone')).body.disabled_at, null);

  const failing = await receiver((request, response) => response.writeHead(500).end());
  await put('/v1/channels/failing', { kind: 'webhook', url: failing.url });
  await post('/v1/channels/failing/test');
  await arrived(failing, 1);
  await eventually(async () => (await program.get('/v1/channels/failing')).body.failing_since, LONG);
  await program.sql("UPDATE alert_channel SET failing_since = now() - interval '4 days' WHERE name = 'failing'");
  await eventually(async () => {
    await program.sql("UPDATE outbox SET next_try_at = now() WHERE channel = 'failing'");
    return (await program.get('/v1/channels/failing')).body.disabled_at;
  }, { ...LONG, everyMs: 300 });
  assert.match((await program.get('/v1/channels/failing')).body.disabled_reason, /too long/);
  await eventually(async () => (await program.get('/v1/alerts/deliveries?channel=failing&state=given_up')).body.items.length === 1, LONG);
});

test('a silent vehicle by the clock, heard again; a parked one and one of last year are no news', async () => {
  const own = await new Program({ flags: ['--webhook-hosts-allowed', '127.0.0.1', '--silent-after-s', '10', '--alert-max-age-s', '600'] }).start();
  const hook = await receiver();
  await send(own, 'PUT', '/v1/channels/ops', { kind: 'webhook', url: hook.url });
  await send(own, 'PUT', '/v1/alert-policies/all', { channels: ['ops'] });
  const now = Math.floor(Date.now() / 1000);
  const events = [iotEvent({ vehicle: 'quiet', seconds: now - 8 }), iotEvent({ vehicle: 'parked', seconds: now - 8, ignition: '0' }),
    iotEvent({ vehicle: 'ancient', seconds: now - 90_000 })];
  await eventually(async () => (await own.post(events)).status === 200, LONG);
  await arrived(hook, 1);
  assert.deepEqual([hook.requests[0].json.data.alert.vehicle, hook.requests[0].json.data.alert.kind], ['quiet', 'silent_vehicle']);
  for (let version = 2; hook.requests.length < 2 && version < 60; version += 1) {
    await own.post(iotEvent({ vehicle: 'quiet', version, seconds: Math.floor(Date.now() / 1000) }));
    await sleep(1000);
  }
  assert.deepEqual(hook.changes(), ['fired', 'cleared']);
  assert.deepEqual((await own.get('/v1/alerts')).body.items.map(({ vehicle }) => vehicle), ['quiet']);
  await plant(own, { vehicle: 'ancient', kind: 'speeding', began: Date.now() - 9000, seen: Date.now() - 5000, value: 95, limit: 80 });
  const ofAncient = () => hook.requests.filter(({ json }) => json.data.alert.vehicle === 'ancient').map(({ json }) => json.data.change);
  await eventually(() => ofAncient().length === 2, LONG);
  assert.deepEqual(ofAncient(), ['fired', 'cleared'], 'speeding of which nothing is heard any more is over');
  assert.equal(await own.stop(), 0);
});

test('old conditions raise nothing; late ones say how late', async () => {
  const hook = await receiver();
  await addVehicles(program, ['past_1', 'past_2']);
  await listen('past', hook, { vehicles: ['past_1', 'past_2'] });
  const year = Date.now() - 365 * 86_400_000;
  await plant(program, { vehicle: 'past_1', kind: 'speeding', began: year, ended: year + 60_000, seen: year + 60_000, value: 120, limit: 80 },
    { vehicle: 'past_2', kind: 'speeding', began: Date.now() - 1_900_000, ended: Date.now() - 1_800_000, seen: Date.now() - 1_800_000, value: 99, limit: 80 });
  await arrived(hook, 2);
  assert.deepEqual(hook.requests.map(({ json }) => [json.data.alert.vehicle, json.data.change]), [['past_2', 'fired'], ['past_2', 'cleared']]);
  assert.ok(hook.requests[0].json.data.alert.late_s >= 1800);
  assert.match(hook.requests[0].json.data.title, /data came 3\d min late/);
  assert.deepEqual((await program.get('/v1/alerts?vehicle=past_1')).body.items, []);
});

test('policies and mutes that many people change at once stand in the way of neither each other nor the alerts', async () => {
  const hook = await receiver();
  await addVehicles(program, ['truck_many']);
  await listen('many', hook, { vehicles: ['nobody'] });
  const began = Date.now() - 2000;
  const conditions = Array.from({ length: 150 }, (_, n) => ({ vehicle: 'truck_many', kind: 'temperature', subject: (n * 67) % 150 + 1, began, value: 9, limit: 8 }));
  await plant(program, ...conditions);
  await eventually(async () => (await program.get('/v1/alerts?vehicle=truck_many&limit=200')).body.items.filter(({ state }) => state === 'firing').length === 150, LONG);
  for (let round = 0; round < 6; round++) {
    const answers = await Promise.all(Array.from({ length: 12 }, (_, n) => (n % 3 === 0
      ? post('/v1/mutes', { vehicle: 'truck_many', for_s: 1 }) : put(`/v1/alert-policies/many_${n}`, { channels: ['many'], vehicles: ['nobody'] }))));
    assert.deepEqual(answers.filter(({ status }) => status !== 200 && status !== 201).map(({ text }) => text), []);
  }
  assert.doesNotMatch(program.log, /deadlock/);
});
