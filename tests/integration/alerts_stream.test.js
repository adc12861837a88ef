// Alerts on /v1/stream: every change once, in order, over cuts, restarts and two servers on one database.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { makeCluster } from './support/cluster.js';
import { addVehicles, plant, send } from './support/conditions.js';
import { Program, eventually } from './support/program.js';
import { receiver } from './support/receivers.js';
import { StreamClient, closeAll } from './support/stream_client.js';

const LONG = { timeoutMs: 60_000 };
const FLAGS = ['--webhook-hosts-allowed', '127.0.0.0/8', '--message-timeout-ms', '1000'];
let first;
let second;

before(async () => {
  const { database } = await makeCluster();
  first = await new Program({ database, flags: FLAGS }).start();
  second = await new Program({ database, flags: FLAGS }).start();
  await addVehicles(first, Array.from({ length: 40 }, (_, i) => `v_${i}`));
});
after(closeAll);

const planted = new Map();
async function fire(program, name) {
  planted.set(name, Date.now() - 1000);
  await plant(program, { vehicle: name, kind: 'speeding', began: planted.get(name), value: 95, limit: 80 });
}
const clear = (program, name) => plant(program, { vehicle: name, kind: 'speeding', began: planted.get(name), ended: Date.now(), value: 95, limit: 80 });
const told = (client) => client.alerts.map(({ change, alert }) => `${alert.vehicle} ${change}`);
const has = (client, count) => eventually(() => client.alerts.length >= count, { ...LONG, what: `${count} alerts, not ${told(client)}` });

test('each change is a frame with the alert as the interface has it', async () => {
  const client = await new StreamClient(first.base).connect();
  await client.waitFor(({ type }) => type === 'snapshot', LONG);
  await fire(first, 'v_0');
  await has(client, 1);
  const { body } = await first.get('/v1/alerts?vehicle=v_0');
  assert.deepEqual(client.alerts[0].alert, body.items[0]);
  assert.equal(client.alerts[0].title, 'v_0 speeding: 95 km/h, limit 80 km/h');
  await send(first, 'POST', `/v1/alerts/${body.items[0].alert_id}/acknowledge`, { by: 'Ada' });
  await clear(first, 'v_0');
  await has(client, 3);
  assert.deepEqual(told(client), ['v_0 fired', 'v_0 acknowledged', 'v_0 cleared']);
  assert.equal(client.alerts[1].by, 'Ada');
  client.cut();
});

test('nothing is missed and nothing comes twice over cuts, to the other server, through a kill', async () => {
  const client = await new StreamClient(first.base).connect();
  await client.waitFor(({ type }) => type === 'snapshot', LONG);
  const bases = [first, second];
  for (let i = 1; i <= 12; i += 1) {
    await fire(bases[i % 2], `v_${i}`);
    if (i % 3 === 0) {
      client.cut();
      await clear(bases[i % 2], `v_${i}`);
      await client.connect(bases[i % 2].base);
    }
  }
  await has(client, 16);
  await first.kill();
  await fire(second, 'v_13');
  client.cut();
  await client.connect(second.base);
  await has(client, 17);
  const seqs = client.alerts.map(({ seq }) => seq);
  assert.deepEqual(seqs, [...new Set(seqs)].sort((a, b) => a - b));
  const expected = (await second.sql(`SELECT v.name || ' ' || e.change FROM alert_event e JOIN alert a USING (alert_id) JOIN vehicle v USING (vehicle_id)
    WHERE e.seq >= ${seqs[0]} ORDER BY e.seq`)).flat();
  assert.deepEqual(told(client), expected);
  first.exit = undefined;
  await first.start();
});

test('a viewer of some vehicles hears of those alone', async () => {
  const client = await new StreamClient(second.base, { vehicles: ['v_21'] }).connect();
  await client.waitFor(({ type }) => type === 'snapshot', LONG);
  await fire(second, 'v_20');
  await fire(second, 'v_21');
  await has(client, 1);
  assert.deepEqual(told(client), ['v_21 fired']);
});

test('two servers and a kill between sending and confirming: one message a change, repeats recognisable', async () => {
  let isSlow = true;
  const hook = await receiver((request, response) => (isSlow ? setTimeout(() => response.writeHead(200).end(), 60_000) : response.writeHead(200).end()));
  await send(second, 'PUT', '/v1/channels/ops', { kind: 'webhook', url: hook.url });
  await send(second, 'PUT', '/v1/alert-policies/all', { channels: ['ops'], vehicles: Array.from({ length: 8 }, (_, i) => `v_${30 + i}`) });
  for (let i = 30; i < 38; i += 1) {
    await fire(second, `v_${i}`);
  }
  await eventually(() => hook.requests.length >= 8, { ...LONG, what: 'the first tries' });
  await Promise.all([first.kill(), second.kill()]);
  isSlow = false;
  first.exit = undefined;
  second.exit = undefined;
  await Promise.all([first.start(), second.start()]);
  await eventually(async () => {
    await second.sql('UPDATE outbox SET next_try_at = now(), leased_until = NULL WHERE delivered_at IS NULL AND tries = 1 AND leased_until < now()');
    return (await second.get('/v1/alerts/deliveries?channel=ops&state=delivered&limit=100')).body.items.length === 8;
  }, { ...LONG, everyMs: 500, what: 'all being delivered' });
  const changes = new Set(hook.requests.map(({ json }) => `${json.data.alert.alert_id}.${json.data.sequence}`));
  assert.equal(changes.size, 8, 'one change each');
  assert.equal(new Set(hook.ids()).size, 8, 'a repeat has the id of the first');
  const fired = await second.sql(`SELECT count(*) FROM alert_event e JOIN alert a USING (alert_id) JOIN vehicle v USING (vehicle_id)
    WHERE v.name ~ '^v_3[0-7]$'`);
  assert.equal(Number(fired[0][0]), 8);
});

test('kills of both servers while conditions come: every alert once, every change once', async () => {
  const hook = await receiver();
  await addVehicles(second, Array.from({ length: 60 }, (_, i) => `k_${i}`));
  await send(second, 'PUT', '/v1/channels/kill', { kind: 'webhook', url: hook.url });
  await send(second, 'PUT', '/v1/alert-policies/kill', { channels: ['kill'], vehicles: Array.from({ length: 60 }, (_, i) => `k_${i}`) });
  for (let i = 0; i < 60; i += 1) {
    await fire(second, `k_${i}`);
    if (i % 2 === 0) {
      await clear(second, `k_${i}`);
    }
    if (i % 15 === 7) {
      const victim = i % 30 === 7 ? first : second;
      await victim.kill();
      victim.exit = undefined;
      await victim.start();
    }
  }
  await eventually(async () => {
    const waiting = await second.sql("SELECT count(*) FROM outbox WHERE channel = 'kill' AND delivered_at IS NOT NULL");
    return Number(waiting[0][0]) === 90;
  }, { timeoutMs: 120_000, what: 'ninety messages' });
  const perAlert = await second.sql(`SELECT count(*), count(DISTINCT a.alert_id) FROM alert_event e JOIN alert a USING (alert_id)
    JOIN vehicle v USING (vehicle_id) WHERE v.name LIKE 'k\\_%'`);
  assert.deepEqual(perAlert[0].map(Number), [90, 60]);
  assert.equal(new Set(hook.ids()).size, 90);
});
