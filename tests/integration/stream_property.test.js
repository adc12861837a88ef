// Snapshot plus updates equals /v1/positions/latest, whatever is cut and whenever: clients are cut, come back at one server or
// the other, move their views and lag, while vehicles move, are removed and return. Two servers, one database.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import path from 'node:path';

import { Program, eventually, iotEvent, sleep } from './support/program.js';
import { StreamClient, closeAll } from './support/stream_client.js';

const VEHICLES = 60;
const CLIENTS = 12;
const ROUNDS = 150;
const SEED = Number(process.env.CRUMBTRAIL_TEST_SEED ?? Date.now() % 1_000_000);

let first;
let second;

before(async () => {
  first = await new Program().start();
  second = await new Program({
    database: `host=${path.join(first.data, 'run')} user=postgres dbname=crumbtrail`,
  }).start();
});
after(async () => {
  closeAll();
  await second.stop();
  await first.stop();
});

/** mulberry32: the same run for the same seed. */
function dice(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const random = dice(SEED);
const pick = (items) => items[Math.floor(random() * items.length)];

/* The world is a square of a kilometre across the 180th meridian: vehicles move in steps under 50 m, because a jump would not
   move the marker, and still cross the edges of views all the time. */
const WORLD_DEG = 0.01;
const wrapped = (longitude) => (longitude > 180 ? longitude - 360 : longitude);
const rounded = (degrees) => Math.round(degrees * 1e7) / 1e7;

function anyView() {
  const west = 179.995 + random() * WORLD_DEG;
  const south = random() * WORLD_DEG;
  const east = west + random() * WORLD_DEG;
  const bbox = random() < 0.2 ? null : [wrapped(west), south, wrapped(east), south + random() * WORLD_DEG].map(rounded);
  const vehicles = random() < 0.2 ? Array.from({ length: 20 }, () => pick(names)) : null;
  return { bbox, vehicles };
}

const names = Array.from({ length: VEHICLES }, (_, i) => `iotfleet_property_${i}`);
const places = new Map();
let version = 0;

function anyEvents(vehicles = Array.from({ length: 1 + Math.floor(random() * 20) }, () => pick(names))) {
  return [...new Set(vehicles)].map((vehicle) => {
    version += 1;
    const place = places.get(vehicle) ?? { x: random() * WORLD_DEG, y: random() * WORLD_DEG };
    const step = () => (random() - 0.5) * 0.0008;
    const moved = { x: place.x + step(), y: place.y + step() };
    places.set(vehicle, moved);
    return iotEvent({ vehicle, version, lat: rounded(moved.y), lon: rounded(wrapped(179.995 + moved.x)),
      speed: String(Math.floor(random() * 60)) });
  });
}

async function disturb(client) {
  const what = random();
  if (what < 0.4) {
    client.cut();
    await client.connect(pick([first, second]).base);
  } else if (what < 0.6) {
    client.subscribe(anyView());
  } else if (what < 0.7) {
    client.cut();
    Object.assign(client, anyView()); /* resumes with another view: the server must notice */
    await client.connect(pick([first, second]).base);
  } else if (what < 0.85) {
    client.socket.pause();
    setTimeout(() => client.socket?.resume(), 700);
  }
}

function essence(position, format) {
  const { vehicle_id: id, vehicle, lat, lon, recorded_at: recordedAt, status } = position;
  return format === 'json' ? position : { id, vehicle, lat, lon, recordedAt, status };
}

async function truthFor(client) {
  const query = new URLSearchParams();
  if (client.bbox) {
    query.set('bbox', client.bbox.join(','));
  }
  [...new Set(client.vehicles ?? [])].forEach((vehicle) => query.append('vehicle', vehicle));
  const { status, body } = await pick([first, second]).get(`/v1/positions/latest?${query}`);
  assert.equal(status, 200, JSON.stringify(body));
  assert.ok(!body.next, 'one page holds the fleet');
  return body.items;
}

async function agrees(client) {
  const byId = (a, b) => a.vehicle_id - b.vehicle_id;
  const told = [...client.positions.values()].sort(byId).map((position) => essence(position, client.format));
  const truth = (await truthFor(client)).sort(byId).map((position) => essence(position, client.format));
  return { same: JSON.stringify(told) === JSON.stringify(truth), told, truth };
}

test(`snapshot plus updates is the truth (seed ${SEED})`, async () => {
  assert.equal((await first.post(anyEvents(names))).status, 200);
  const clients = await Promise.all(Array.from({ length: CLIENTS }, (_, i) =>
    new StreamClient(first.base, { format: i % 2 ? 'binary' : 'json', ...anyView() }).connect(pick([first, second]).base)));
  for (let round = 0; round < ROUNDS; round += 1) {
    const answer = await pick([first, second]).post(anyEvents());
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    if (random() < 0.1) {
      await fetch(`${first.base}/v1/vehicles/${pick(names)}`, { method: 'DELETE' });
    }
    if (random() < 0.7) {
      await disturb(pick(clients));
    }
    await sleep(random() * 60);
  }
  for (const client of clients) {
    await eventually(async () => (await agrees(client)).same, { timeoutMs: 8000, what: 'agreement' }).catch(async () => {
      const { told, truth } = await agrees(client);
      assert.deepEqual(told, truth, `seed ${SEED}, ${client.format}, bbox ${client.bbox}, messages ${client.messages.slice(-20)}`);
    });
  }
  assert.ok(clients.some((client) => client.messages.includes('resumed')), 'some clients resumed');
});

test('two servers show the same within a second', async () => {
  const client = await new StreamClient(second.base, { vehicles: ['iotfleet_two_1'] }).connect();
  await client.waitFor((message) => message.type === 'snapshot');
  const shown = client.waitFor((message) => message.type === 'update' && message.positions.length === 1, { timeoutMs: 1000 });
  assert.equal((await first.post(iotEvent({ vehicle: 'iotfleet_two_1' }))).status, 200);
  await shown;
  client.cut();
});
