// A reefer that warms, through the whole program: events in by /ingest/iot, excursions and conditions out, a rule that changes.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { Program, iotEvent } from './support/program.js';
import { analysed } from './support/analysis.js';

const program = new Program();
const NOW = Math.floor(Date.now() / 1000);
const BEGIN = NOW - NOW % 60 - 7200; // a whole minute, two hours ago
const iso = (seconds) => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
const at = (minute) => iso(BEGIN + minute * 60);

/** -20 for half an hour, up a fifth of a degree a minute to -14, there for ten minutes, then cold again; the last 20 minutes without. */
function temperature(minute) {
  if (minute < 30) { return -20; }
  if (minute < 60) { return -20 + (minute - 29) * 0.2; }
  if (minute < 70) { return -14; }
  return minute < 100 ? -21 : null;
}

function event(minute) {
  const c = temperature(minute);
  return iotEvent({
    vehicle: 'reefer_1', version: minute + 1, seconds: BEGIN + minute * 60, lat: 45.5 + minute / 1000,
    more: { ...(c === null ? {} : { temperature: Math.round(c * 10) / 10 }), defrost: minute >= 45 && minute < 50 ? 'on' : 'off' },
  });
}

async function put(name, body) {
  const answer = await program.get(`/v1/rules/temperature/${name}`, {
    method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
  });
  assert.ok(answer.status === 200 || answer.status === 201, answer.text);
  await analysed(program);
}
const excursions = async () => (await program.get('/v1/temperature/excursions?vehicle=reefer_1')).body.items;
const conditions = () => program.sql(`SELECT c.kind, extract(epoch FROM began_at) / 60 - ${BEGIN / 60}, extract(epoch FROM fires_at) / 60 - ${BEGIN / 60},
    coalesce((extract(epoch FROM ended_at) / 60 - ${BEGIN / 60})::text, '')
  FROM alert_condition c JOIN vehicle v USING (vehicle_id) WHERE v.name = 'reefer_1' AND c.kind BETWEEN 2 AND 5 AND fires_at IS NOT NULL
  AND ended_at IS DISTINCT FROM began_at ORDER BY c.kind, began_at`).then((rows) => rows.map((row) => row.map((value) => (value === '' ? null : Number(value)))));

before(async () => {
  await program.start();
  await program.get('/v1/vehicles/reefer_1', { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{"kind":"reefer"}' });
  await put('frozen', { kind: 'reefer', highest_c: -18, urgent_highest_c: -15, pause_field: 'defrost' });
  // The second half first, and one event twice.
  const events = Array.from({ length: 120 }, (_, minute) => event(minute));
  for (const part of [events.slice(60), events.slice(0, 60), events.slice(40, 45)]) {
    assert.equal((await program.post(part)).status, 200);
  }
  await analysed(program);
});

test('the excursions are found, whatever the order of arrival', async () => {
  const items = await excursions();
  assert.deepEqual(items.map(({ tier, started_at: started, ended_at: ended, fired_at: fired }) => [tier, started, ended, fired]), [
    ['urgent', at(55), at(69), at(55)],
    ['normal', at(40), at(69), at(50)], // minutes 45 to 50 were paused
  ]);
  assert.deepEqual(items.map((item) => [item.extreme_c, item.limit_c, item.samples, item.paused_s, item.is_open]),
    [[-14, -15, 15, 0, false], [-14, -18, 30, 300, false]]);
});

test('what was said: warming before the limit, both tiers, the sensor that fell silent', async () => {
  const found = await conditions();
  assert.deepEqual(found.map(([kind]) => kind), [2, 3, 4, 5]);
  const [normal, urgent, warming, silent] = found;
  assert.deepEqual(normal, [2, 40, 50, 75]);
  assert.deepEqual(urgent, [3, 55, 55, 75]);
  assert.ok(warming[1] > 29 && warming[1] < 40 && warming[3] === 40, `warming from ${warming[1]} to ${warming[3]}`);
  assert.deepEqual(silent, [5, 100, 115, null]);
});

test('a rule that changes judges the past anew', async () => {
  await put('frozen', { kind: 'reefer', highest_c: -15.5 });
  assert.deepEqual((await excursions()).map((item) => [item.tier, item.started_at, item.fired_at]), [['normal', at(52), at(57)]]);
  await put('own', { vehicle: 'reefer_1', highest_c: 0 });
  assert.deepEqual(await excursions(), [], 'a narrower rule holds');
  await program.get('/v1/rules/temperature/own', { method: 'DELETE' });
  await analysed(program);
  assert.equal((await excursions()).length, 1);
  await program.get('/v1/rules/temperature/frozen', { method: 'DELETE' });
  await analysed(program);
  assert.deepEqual(await excursions(), [], 'without a rule there is nothing');
  assert.deepEqual((await conditions()).filter(([, , , ended]) => ended === null), []);
});

test('the series has what was sent', async () => {
  const { body } = await program.get(`/v1/temperature/series?vehicle=reefer_1&from=${at(0)}&to=${at(120)}`);
  assert.deepEqual(body.points.map((point) => point.temperature_c), Array.from({ length: 100 }, (_, minute) => Math.round(temperature(minute) * 10) / 10));
});
