// Alerts from a condition in the database to the receiver: webhooks, their signatures, what dispatchers do, mutes, silence.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { addVehicles, plant, send } from './support/conditions.js';
import { Program, eventually, iotEvent } from './support/program.js';
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
