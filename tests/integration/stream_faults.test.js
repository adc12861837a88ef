// /v1/stream when something is lost: the database, a hint, a connection, the server itself, or the client's manners.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
import path from 'node:path';

import { Program, eventually, iotEvent } from './support/program.js';
import { StreamClient, closeAll } from './support/stream_client.js';

let program;

before(async () => {
  program = await new Program().start();
  await post(nextEvent('iotfleet_fault_1'));
});
after(closeAll);

let version = 0;
function nextEvent(vehicle, more = {}) {
  version += 1;
  return iotEvent({ vehicle, version, ...more });
}

async function post(events, to = program) {
  const answer = await to.post(events);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
}

/** A client that has its snapshot. */
async function follow(options = {}) {
  const client = await new StreamClient(program.base, options).connect();
  await client.waitFor((message) => message.type === 'snapshot' && message.part === message.parts);
  return client;
}

const isHeartbeat = (message) => message.type === 'heartbeat';
const isUpdate = (message) => message.type === 'update' && message.positions.length !== 0;
const FEED = "SELECT pid FROM pg_stat_activity WHERE application_name = 'crumbtrail feed'";

function postmasterPid() {
  return Number(fs.readFileSync(path.join(program.data, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
}

function interruptCluster() {
  try {
    const pid = postmasterPid();
    if (pid > 1) {
      process.kill(pid, 'SIGINT');
    }
  } catch {
    // None runs at this moment.
  }
}

test('a heartbeat every 20 s, and nobody stays who asks for nothing', async () => {
  const client = await follow({ vehicles: ['iotfleet_nobody'] });
  const mute = new StreamClient(program.base);
  mute.subscribe = () => {};
  const began = Date.now();
  const first = client.waitFor(isHeartbeat, { timeoutMs: 25_000, what: 'a heartbeat' });
  await mute.connect();
  assert.deepEqual(await once(mute, 'closed'), [1008]);
  const muteMs = Date.now() - began;
  assert.ok(muteMs >= 10_000 && muteMs < 14_000, `closed after ${muteMs} ms`);
  const { seq, time, ...more } = await first;
  const firstMs = Date.now() - began;
  assert.ok(firstMs >= 18_000 && firstMs < 24_000, `a heartbeat after ${firstMs} ms`);
  assert.equal(seq, client.seq);
  assert.ok(Math.abs(Date.parse(time) - Date.now()) < 5000, time);
  assert.deepEqual(more, { type: 'heartbeat' });
  client.cut();
});

test('a message that is no text', async () => {
  for (const [bytes, isBinary, code] of [[Buffer.from('{}'), true, 1003], [Buffer.from([0xc3, 0x28]), false, 1007]]) {
    const client = await follow();
    const closed = once(client, 'closed');
    client.socket.send(bytes, { binary: isBinary });
    assert.deepEqual(await closed, [code]);
  }
});

test('too large and too many messages', async () => {
  const large = await follow();
  const largeClosed = once(large, 'closed');
  large.socket.send(JSON.stringify({ type: 'subscribe', vehicles: ['x'.repeat(17_000)] }));
  assert.deepEqual(await largeClosed, [1009]);

  const fast = await follow();
  const error = fast.waitFor((message) => message.type === 'error');
  const fastClosed = once(fast, 'closed');
  for (let i = 0; i < 16; i += 1) {
    fast.subscribe();
  }
  assert.equal((await error).code, 'busy');
  assert.deepEqual(await fastClosed, [1008]);
});

test('a lost hint costs two seconds', async () => {
  const client = await follow({ vehicles: ['iotfleet_fault_1'] });
  const shown = client.waitFor(isUpdate, { timeoutMs: 3500, what: 'the change without a hint' });
  await program.sql(`BEGIN; UPDATE feed SET head = head + 1;
    UPDATE position SET seq = (SELECT head FROM feed), speed_kmh = 77
    WHERE vehicle_id = (SELECT vehicle_id FROM vehicle WHERE name = 'iotfleet_fault_1'); COMMIT`);
  const committed = Date.now();
  const { positions } = await shown;
  assert.equal(positions[0].speed_kmh, 77);
  assert.ok(Date.now() - committed < 2500, `${Date.now() - committed} ms`);
  client.cut();
});

test('the feed comes back after its connection is ended', async () => {
  const client = await follow({ vehicles: ['iotfleet_fault_1'] });
  const [[before]] = await program.sql(FEED);
  const shown = client.waitFor(isUpdate, { what: 'the change' });
  await program.sql(`SELECT pg_terminate_backend(${before})`);
  await post(nextEvent('iotfleet_fault_1', { lat: 45.5201 }));
  await shown;
  const [[now]] = await program.sql(FEED);
  assert.notEqual(now, before);
  client.cut();
});

test('a client learns that the database went and came back', async () => {
  const client = await follow();
  const away = client.waitFor((message) => isHeartbeat(message) && message.database === 'away', { what: 'away' });
  const pid = postmasterPid();
  const keepAway = setInterval(interruptCluster, 100); /* the program starts it again at once */
  await away.finally(() => clearInterval(keepAway));
  const back = client.waitFor((message) => isHeartbeat(message) && message.database === undefined,
    { timeoutMs: 30_000, what: 'a heartbeat that says the database is back' });
  await back;
  assert.notEqual(postmasterPid(), pid);
  const shown = client.waitFor(isUpdate, { what: 'the change after it' });
  await eventually(async () => (await program.post(nextEvent('iotfleet_fault_1', { lat: 45.5202 }))).status === 200);
  await shown;
  client.cut();
});

test('a feed whose server process hangs gives it up', async () => {
  const client = await follow();
  const [[pid]] = await program.sql(FEED);
  process.kill(Number(pid), 'SIGSTOP');
  try {
    await client.waitFor((message) => isHeartbeat(message) && message.database === 'away', { timeoutMs: 25_000, what: 'away' });
    await client.waitFor((message) => isHeartbeat(message) && message.database === undefined,
      { timeoutMs: 20_000, what: 'back' });
  } finally {
    process.kill(Number(pid), 'SIGCONT');
  }
  const shown = client.waitFor(isUpdate, { what: 'the change' });
  await post(nextEvent('iotfleet_fault_1', { lat: 45.5203 }));
  await shown;
  client.cut();
});

test('a client resumes at a server that was killed and started again', async () => {
  await post([nextEvent('iotfleet_fault_2'), nextEvent('iotfleet_fault_3')]);
  const client = await follow();
  await eventually(() => client.positions.size === 3);
  const { epoch, seq } = client;
  await post(nextEvent('iotfleet_fault_2', { lat: 45.5201 }));
  client.cut();
  await program.kill();
  const again = new Program({ data: program.data });
  Object.assign(again, { port: program.port, adminPort: program.adminPort });
  program = await again.start();
  await post(nextEvent('iotfleet_fault_3', { lat: 45.5201 }));

  Object.assign(client, { messages: [], epoch, seq });
  const told = [];
  client.on('message', (message) => message.type === 'update' && told.push(...message.positions));
  const resumed = client.waitFor((message) => message.type === 'resumed');
  await client.connect();
  assert.equal((await resumed).from, seq);
  assert.equal(client.epoch, epoch);
  await eventually(() => new Set(told.map((position) => position.vehicle)).size === 2, { what: 'both that were missed' });
  assert.deepEqual([...new Set(told.map((position) => position.vehicle))].sort(), ['iotfleet_fault_2', 'iotfleet_fault_3']);
  assert.ok(told.every((position) => position.lat === 45.5201));
  assert.ok(!client.messages.includes('snapshot'));
  client.cut();
});

test('another epoch ends all conversations, and what was known counts no more', async () => {
  const client = await follow();
  const { epoch } = client;
  const bye = client.waitFor((message) => message.type === 'bye', { timeoutMs: 4000 });
  const closed = once(client, 'closed');
  await program.sql('UPDATE feed SET epoch = gen_random_uuid(), head = head');
  assert.equal((await bye).reason, 'epoch_changed');
  assert.deepEqual(await closed, [1012]);
  const snapshot = client.waitFor((message) => message.type === 'snapshot');
  await client.connect();
  assert.equal((await snapshot).positions.length, 3);
  assert.notEqual(client.epoch, epoch);
  client.cut();
});

test('one client too many is told to come later', async () => {
  const small = await new Program({
    database: `host=${path.join(program.data, 'run')} user=postgres dbname=crumbtrail`,
    flags: ['--stream-clients-max', '2'],
  }).start();
  const clients = [await new StreamClient(small.base).connect(), await new StreamClient(small.base).connect()];
  const third = new StreamClient(small.base);
  const closed = once(third, 'closed');
  await third.connect();
  assert.deepEqual(await closed, [1013]);
  clients[0].cut();
  const fourth = await eventually(async () => {
    const client = await new StreamClient(small.base).connect();
    return client.waitFor((message) => message.type === 'snapshot', { timeoutMs: 1000 }).then(() => client, () => null);
  });
  fourth.cut();
  clients[1].cut();
  await small.stop();
});
