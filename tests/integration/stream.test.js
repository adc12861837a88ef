// /v1/stream on the real program: who is let in, what a client is told, and how it ends.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';

import WebSocket from 'ws';

import { Program, eventually, iotEvent, sleep } from './support/program.js';
import { StreamClient, closeAll } from './support/stream_client.js';

let program;

before(async () => {
  program = await new Program().start();
  await new StreamClient(program.base).connect(); /* while nobody looks, a busy server reads changes less often */
  await post(nextEvent('iotfleet_first'));
});
after(closeAll);

let version = 0;
/** A vehicle's next event, newer than all before it. Moves stay under 50 m: a jump would not move the marker. */
function nextEvent(vehicle, more = {}) {
  version += 1;
  return iotEvent({ vehicle, version, ...more });
}

async function post(events) {
  const answer = await program.post(events);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
}

/** The status of a refused handshake. */
async function refusal(protocols, options) {
  const socket = new WebSocket(`${program.base.replace('http', 'ws')}/v1/stream`, protocols, options);
  socket.on('error', () => {});
  const [, answer] = await once(socket, 'unexpected-response');
  socket.terminate();
  return answer.statusCode;
}

test('an event reaches a client as the REST interface shows it', async () => {
  await post(nextEvent('iotfleet_stream_1'));
  const client = await new StreamClient(program.base).connect();
  await client.waitFor((message) => message.type === 'snapshot' && message.part === message.parts);
  const isMoved = (position) => position.vehicle === 'iotfleet_stream_1' && position.lat === 45.5203;
  const update = client.waitFor((message) => message.type === 'update' && message.positions.some(isMoved));
  await post(nextEvent('iotfleet_stream_1', { lat: 45.5203, speed: '30' }));
  const { positions } = await update;
  const { body } = await program.get('/v1/positions/latest?vehicle=iotfleet_stream_1');
  assert.deepEqual(positions.filter(isMoved), body.items);
  client.cut();
});

test('a viewport is left, entered and replaced', async () => {
  const inside = { lat: 10.9999, lon: 20.5 };
  const outside = { lat: 11.0001, lon: 20.5 };
  await post(nextEvent('iotfleet_box_1', inside));
  const client = await new StreamClient(program.base, { format: 'binary', bbox: [20, 10, 21, 11] }).connect();
  await client.waitFor((message) => message.type === 'snapshot');
  const [[id, position]] = [...client.positions];
  assert.equal(position.vehicle, 'iotfleet_box_1');

  const left = client.waitFor((message) => message.type === 'update' && message.removed.includes(id));
  await post(nextEvent('iotfleet_box_1', outside));
  await left;
  const entered = client.waitFor((message) => message.type === 'update' && message.positions.length === 1);
  await post(nextEvent('iotfleet_box_1', inside));
  await entered;
  const replaced = client.waitFor((message) => message.type === 'snapshot');
  client.subscribe({ bbox: [179, -1, -179, 1] });
  assert.deepEqual((await replaced).positions, []);
  const acrossTheMeridian = client.waitFor((message) => message.type === 'update' && message.positions.length === 1);
  await post(nextEvent('iotfleet_box_2', { lat: 0.5, lon: -179.5 }));
  await acrossTheMeridian;
  client.cut();
});

test('a removed vehicle leaves the stream and comes back with its next event', async () => {
  await post(nextEvent('iotfleet_gone_1'));
  const client = await new StreamClient(program.base, { vehicles: ['iotfleet_gone_1'] }).connect();
  await client.waitFor((message) => message.type === 'snapshot');
  const removed = client.waitFor((message) => message.type === 'update' && message.removed.length === 1);
  const answer = await fetch(`${program.base}/v1/vehicles/iotfleet_gone_1`, { method: 'DELETE' });
  assert.ok(answer.ok, `DELETE answers ${answer.status}`);
  await removed;
  assert.equal(client.positions.size, 0);
  const shown = client.waitFor((message) => message.type === 'update' && message.positions.length === 1);
  await sleep(5);
  await post(nextEvent('iotfleet_gone_1', { lat: 45.5203 }));
  await shown;
  client.cut();
});

test('foreign origins and subprotocols are refused', async () => {
  assert.equal(await refusal('fleet.v1', { origin: 'http://evil.example' }), 403);
  assert.equal(await refusal('fleet.v1', { origin: 'null' }), 403);
  assert.equal(await refusal('fleet.v2', {}), 400);
  assert.equal(await refusal([], {}), 400);
  const client = await new StreamClient(program.base).connect(program.base, { origin: program.base });
  client.cut();
});

test('at most five updates a second, whatever arrives', async () => {
  const client = await new StreamClient(program.base, { vehicles: ['iotfleet_fast_1'] }).connect();
  await client.waitFor((message) => message.type === 'snapshot');
  const arrivals = [];
  client.on('message', (message) => message.type === 'update' && arrivals.push(Date.now()));
  const until = Date.now() + 3000;
  while (Date.now() < until) {
    await post(nextEvent('iotfleet_fast_1', { lat: 45.52 + Math.random() * 0.0004 }));
  }
  assert.ok(arrivals.length <= 17, `${arrivals.length} updates in 3 s`);
  assert.ok(arrivals.length >= 8, `${arrivals.length} updates in 3 s`);
  client.cut();
});

test('bad messages are answered, then end the conversation', async () => {
  const client = await new StreamClient(program.base).connect();
  const error = client.waitFor((message) => message.type === 'error');
  client.socket.send('{"type":"subscribe","bbox":[1,2]}');
  assert.equal((await error).field, 'bbox');
  const closed = once(client, 'closed');
  for (let i = 0; i < 5; i += 1) {
    client.socket.send('nonsense');
  }
  assert.deepEqual(await closed, [1008]);
});

test('a client that does not read delays nobody and finds the newest when it reads again', async () => {
  const vehicles = Array.from({ length: 400 }, (_, i) => `iotfleet_slow_${i}`);
  const lazy = await new StreamClient(program.base, { vehicles }).connect();
  await lazy.waitFor((message) => message.type === 'snapshot');
  const eager = await new StreamClient(program.base, { vehicles }).connect();
  lazy.socket.pause();
  for (let round = 0; round < 20; round += 1) {
    await post(vehicles.map((vehicle) => nextEvent(vehicle, { lat: 45 + (round * 3) / 10_000 })));
    await sleep(100);
  }
  const isNewest = (client) => client.positions.size === vehicles.length &&
    [...client.positions.values()].every((position) => position.lat === 45.0057);
  await eventually(() => isNewest(eager), { timeoutMs: 2000, what: 'the newest positions at the eager client' });
  lazy.socket.resume();
  await eventually(() => isNewest(lazy), { timeoutMs: 5000, what: 'the newest positions at the lazy client' });
  lazy.cut();
  eager.cut();
});

test('SIGTERM says bye and ends within ten seconds', async () => {
  const client = await new StreamClient(program.base).connect();
  await client.waitFor((message) => message.type === 'subscribed');
  const bye = client.waitFor((message) => message.type === 'bye');
  const closed = once(client, 'closed');
  const began = Date.now();
  const code = program.stop();
  assert.equal((await bye).reason, 'shutdown');
  assert.ok((await bye).retry_after_ms > 0);
  assert.deepEqual(await closed, [1012]);
  assert.equal(await code, 0);
  assert.ok(Date.now() - began < 10_000);
});
