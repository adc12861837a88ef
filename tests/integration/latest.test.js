// GET /v1/positions/latest answers from memory: it must say what the database says, whoever wrote last and whatever was done to it.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { Program, iotEvent } from './support/program.js';

const START = Math.floor(Date.now() / 1000) - 1000;
const first = new Program();
let second;

function event(vehicle, version) {
  return iotEvent({ vehicle, version, seconds: START + version, lat: 45 + version / 100_000, lon: -122 });
}

async function versionsAt(server, query = '') {
  const { status, body } = await server.get(`/v1/positions/latest${query}`);
  assert.equal(status, 200);
  return Object.fromEntries(body.items.map((item) => [item.vehicle, item.version]));
}

before(async () => {
  await first.start();
  second = await new Program({ database: `host=${first.data}/run user=postgres dbname=crumbtrail` }).start();
});

test('what was acknowledged is in the next answer, at each server, while many ask', async () => {
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    for (let version = 1; version <= 12; version += 1) {
      const [to, other] = (writer + version) % 2 ? [first, second] : [second, first];
      assert.equal((await to.post(event(`latest_${writer}`, version))).status, 200);
      const own = await versionsAt(other, `?vehicle=latest_${writer}`);
      assert.equal(own[`latest_${writer}`], version);
      const all = await versionsAt(to, '?bbox=-123,44,-121,46');
      assert.equal(all[`latest_${writer}`], version);
    }
  });
  await Promise.all(writers);
  const { body } = await first.get('/v1/positions/latest');
  const ids = body.items.map((item) => item.vehicle_id);
  assert.deepEqual(ids, [...ids].sort((a, b) => a - b));
  assert.equal(ids.length, 8);
});

test('a vehicle that was removed by one server is gone at the other', async () => {
  await first.post(event('latest_removed', 1));
  assert.equal((await versionsAt(second)).latest_removed, 1);
  assert.equal((await first.get('/v1/vehicles/latest_removed', { method: 'DELETE' })).status, 204);
  assert.equal((await versionsAt(second)).latest_removed, undefined);
});

test('a database that was set back is believed', async () => {
  await first.post(event('latest_undone', 1));
  assert.equal((await versionsAt(second)).latest_undone, 1);
  const undo = `DELETE FROM position WHERE vehicle_id = (SELECT vehicle_id FROM vehicle WHERE name = 'latest_undone')`;
  await first.sql(`BEGIN; ${undo}; UPDATE feed SET head = head - 1; COMMIT`);
  assert.equal((await versionsAt(second)).latest_undone, undefined);
  await first.post(event('latest_undone', 2));
  assert.equal((await versionsAt(second)).latest_undone, 2);
  await first.sql(`BEGIN; ${undo}; UPDATE feed SET epoch = gen_random_uuid(); COMMIT`);
  assert.equal((await versionsAt(second)).latest_undone, undefined);
});
