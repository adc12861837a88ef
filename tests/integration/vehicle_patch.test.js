// PATCH /v1/vehicles/{name}: what is known of a vehicle, and what a change of its kind, fleet and limit leaves behind.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { Program } from './support/program.js';

const program = new Program();
const send = (method, name, body, type = 'application/json') => program.get(`/v1/vehicles/${name}`, {
  method, headers: { 'content-type': type }, body: typeof body === 'string' ? body : JSON.stringify(body),
});
const changes = () => program.sql('SELECT kind, subject, before, after FROM rule_change ORDER BY version');
const recomputes = () => program.sql('SELECT reason, v.name FROM recompute JOIN vehicle v USING (vehicle_id) ORDER BY recompute_id');

before(async () => {
  await program.start();
  assert.equal((await send('PUT', 'truck_7', { vin: 'WDB1', attributes: { axles: 3 } })).status, 201);
});

test('what is given changes, what is not stays, null empties', async () => {
  assert.deepEqual(await changes(), [], 'a vehicle without a group changes no rule');
  const first = await send('PATCH', 'truck_7', { kind: 'reefer', attributes: { doors: 2 } });
  assert.equal(first.status, 200, first.text);
  assert.deepEqual([first.body.kind, first.body.fleet, first.body.vin, first.body.attributes], ['reefer', null, 'WDB1', { doors: 2 }]);
  const second = await send('PATCH', 'truck_7', { kind: null, fleet: 'north', vin: null }, 'application/merge-patch+json');
  assert.deepEqual([second.body.kind, second.body.fleet, second.body.vin, second.body.attributes], [null, 'north', null, { doors: 2 }]);
  assert.deepEqual((await send('PATCH', 'truck_7', { attributes: null })).body.attributes, {});
  assert.deepEqual((await changes()).map(([kind, subject, , after]) => [kind, subject, JSON.parse(after)]), [
    ['fleet', 'vehicle truck_7', { kind: 'reefer', fleet: null }], ['fleet', 'vehicle truck_7', { kind: null, fleet: 'north' }],
  ]);
  assert.deepEqual(await recomputes(), [['fleet: vehicle truck_7', 'truck_7'], ['fleet: vehicle truck_7', 'truck_7']]);
});

test('its limit is its speed rule', async () => {
  const rule = () => program.get('/v1/rules/speed/vehicles/truck_7');
  assert.equal((await send('PATCH', 'truck_7', { limit_kmh: 80 })).status, 200);
  assert.equal((await rule()).body.limit_kmh, 80);
  assert.equal((await changes()).at(-1)[0], 'speed');
  const count = (await changes()).length;
  await send('PATCH', 'truck_7', { limit_kmh: 80 });
  assert.equal((await changes()).length, count, 'what changes nothing is no change');
  await send('PATCH', 'truck_7', { limit_kmh: null });
  assert.equal((await rule()).status, 404);
  await send('PATCH', 'truck_7', { limit_kmh: null });
  assert.equal((await changes()).length, count + 1);
});

test('registering with another kind is a change too', async () => {
  const count = (await changes()).length;
  await send('PUT', 'truck_7', { kind: 'van' });
  await send('PUT', 'truck_7', { kind: 'van' });
  await send('PUT', 'truck_8', { fleet: 'south' });
  assert.deepEqual((await changes()).slice(count).map(([, subject]) => subject), ['vehicle truck_7', 'vehicle truck_8']);
});

test('what is wrong is named', async () => {
  for (const [body, name] of [[{ kind: 7 }, 'kind'], [{ attributes: [] }, 'attributes'], [{ limit_kmh: 0 }, 'limit_kmh'], [{ colour: 'red' }, 'colour'], ['[]', '$']]) {
    const answer = await send('PATCH', 'truck_7', body);
    assert.deepEqual([answer.status, answer.body.errors[0].name], [400, name], answer.text);
  }
  assert.equal((await send('PATCH', 'nobody', {})).status, 404);
  assert.equal((await send('PATCH', 'a%20b', {})).status, 400);
  assert.equal((await send('PATCH', 'truck_7', {}, 'text/plain')).status, 415);
  assert.match((await program.get('/v1/vehicles/truck_7', { method: 'OPTIONS' })).headers.get('allow'), /PATCH/);
});
