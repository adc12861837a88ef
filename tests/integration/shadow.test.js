// The shadow of each vehicle: what is kept of what arrives, whole, in parts, late, over restarts and kills.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { Program, eventually, iotEvent } from './support/program.js';

const program = new Program();
const LONG = { timeoutMs: 60_000 };

before(() => program.start());

function documents(vehicle, version, reported, desired = undefined, seconds = Math.floor(Date.now() / 1000)) {
  const event = iotEvent({ vehicle, version, seconds, more: reported });
  if (desired) {
    event.current.state.desired = desired;
    event.current.metadata.desired = Object.fromEntries(Object.keys(desired).map((key) => [key, { timestamp: seconds }]));
  }
  return event;
}

function accepted(vehicle, version, state, { shadow, what = 'update/accepted', seconds = Math.floor(Date.now() / 1000) } = {}) {
  return { thingnm: vehicle, thetopic: `$aws/things/${vehicle}/shadow/${shadow ? `name/${shadow}/` : ''}${what}`, state, version, timestamp: seconds };
}

async function shadowOf(vehicle, check = () => true, query = '', of = program) {
  return eventually(async () => {
    const { status, body } = await of.get(`/v1/vehicles/${vehicle}/shadow${query}`);
    return status === 200 && check(body) && body;
  }, { ...LONG, what: `the shadow of ${vehicle}` });
}

test('the whole of it is kept, with what differs', async () => {
  assert.equal((await program.post(documents('sh_whole', 5, { setpoint_c: 4, fan: { level: 1, mode: 'auto' } },
    { setpoint_c: 6, fan: { level: 1, mode: 'eco' } }))).status, 200);
  const shadow = await shadowOf('sh_whole');
  assert.equal(shadow.version, 5);
  assert.equal(shadow.reported.setpoint_c, 4);
  assert.deepEqual(shadow.desired, { setpoint_c: 6, fan: { level: 1, mode: 'eco' } });
  assert.deepEqual(shadow.delta, { setpoint_c: 6, fan: { mode: 'eco' } });
  assert.equal(typeof shadow.metadata.reported.speed.timestamp, 'number');
  assert.deepEqual([shadow.is_behind, shadow.is_complete, shadow.shadow], [false, true, null]);
  const etag = (await program.get('/v1/vehicles/sh_whole/shadow')).headers.get('etag');
  const again = await program.get('/v1/vehicles/sh_whole/shadow', { headers: { 'if-none-match': etag } });
  assert.equal(again.status, 304);
});

test('of several in one batch the newest counts, and an older one later changes nothing', async () => {
  const now = Math.floor(Date.now() / 1000);
  await program.post([3, 1, 4, 2].map((version) => documents('sh_order', version, { n: version }, undefined, now - 100 + version)));
  await shadowOf('sh_order', (shadow) => shadow.version === 4 && shadow.reported.n === 4);
  await program.post(documents('sh_order', 0, { n: 0 }, undefined, now - 500));
  await program.post(documents('sh_order', 5, { n: 5 }, undefined, now));
  await shadowOf('sh_order', (shadow) => shadow.version === 5 && shadow.reported.n === 5);
});

test('a lower version is taken when it is more than 48 hours newer: the shadow began anew', async () => {
  const now = Math.floor(Date.now() / 1000);
  await program.post(documents('sh_anew', 900, { n: 1 }, undefined, now - 3 * 86400));
  await shadowOf('sh_anew', (shadow) => shadow.version === 900);
  await program.post(documents('sh_anew', 2, { n: 2 }, undefined, now));
  await shadowOf('sh_anew', (shadow) => shadow.version === 2 && shadow.reported.n === 2);
  await program.post(documents('sh_anew', 950, { n: 3 }, undefined, now - 3 * 86400 + 60));
  await program.post(documents('sh_anew', 3, { n: 4 }, undefined, now + 1));
  await shadowOf('sh_anew', (shadow) => shadow.version === 3 && shadow.reported.n === 4);
});

test('parts are put together; what is missing between them is said', async () => {
  await program.post(documents('sh_parts', 10, { door: 'shut', fan: { level: 1, mode: 'auto' } }));
  await shadowOf('sh_parts', (shadow) => shadow.version === 10);
  const answer = await program.post(accepted('sh_parts', 11, { reported: { door: null, fan: { level: 3 } }, desired: { setpoint_c: 5 } }));
  assert.equal(answer.status, 400, 'no position: rejected as a breadcrumb, kept as a shadow');
  const merged = await shadowOf('sh_parts', (shadow) => shadow.version === 11);
  assert.deepEqual(merged.reported.fan, { level: 3, mode: 'auto' });
  assert.ok(!('door' in merged.reported) && !('door' in merged.metadata.reported));
  assert.deepEqual([merged.desired, merged.delta, merged.is_complete], [{ setpoint_c: 5 }, { setpoint_c: 5 }, true]);
  await program.post(accepted('sh_parts', 14, { setpoint_c: 7 }, { what: 'update/delta' }));
  const gap = await shadowOf('sh_parts', (shadow) => shadow.version === 14);
  assert.deepEqual([gap.desired, gap.is_complete], [{ setpoint_c: 7 }, false]);
  await program.post(documents('sh_parts', 15, { fan: { level: 2 } }));
  const whole = await shadowOf('sh_parts', (shadow) => shadow.version === 15);
  assert.deepEqual([whole.is_complete, whole.reported.fan, whole.desired], [true, { level: 2 }, {}]);
});

test('named shadows have versions of their own', async () => {
  await program.post(documents('sh_named', 8, {}));
  await program.post({ ...accepted('sh_named', 1, undefined, { shadow: 'config', what: 'update/documents' }),
    current: { state: { reported: { interval_s: 10 } }, version: 3 } });
  await program.post(accepted('sh_named', 4, { reported: { interval_s: 20 } }, { shadow: 'config' }));
  const named = await shadowOf('sh_named', (shadow) => shadow.version === 4, '?shadow=config');
  assert.deepEqual([named.shadow, named.reported, named.is_behind, named.shadows], ['config', { interval_s: 20 }, false, [null, 'config']]);
  assert.equal((await shadowOf('sh_named')).version, 8);
  const none = await program.get('/v1/vehicles/sh_named/shadow?shadow=other');
  assert.equal(none.status, 404);
  assert.match(none.body.detail, /shadow\/name\/\+\/update\/documents/);
});

test('what has no version is no shadow, and the answer says what to do', async () => {
  const event = iotEvent({ vehicle: 'sh_flat' });
  await program.post({ thingName: 'sh_flat', latitude: 45, longitude: -122, timestamp: event.timestamp });
  const answer = await program.get('/v1/vehicles/sh_flat/shadow');
  assert.equal(answer.status, 404);
  assert.match(answer.body.detail, /update\/documents/);
  assert.match((await program.get('/v1/vehicles/nobody/shadow')).body.detail, /no vehicle nobody/);
  assert.equal((await program.get('/v1/vehicles/sh_flat/shadow?shadow=a%20b')).body.errors[0].name, 'shadow');
});

test('a shadow that the database cannot hold is left out, the others of its set are stored', async () => {
  await program.post(iotEvent({ vehicle: 'sh_number', version: 1 }));
  const bad = accepted('sh_number', 2, { reported: {} });
  await program.post(JSON.stringify(bad).replace('"reported":{}', '"reported":{"n":1e200000}'));
  await program.post(documents('sh_beside', 1, {}));
  await shadowOf('sh_beside');
  await eventually(() => program.log.includes('event=shadow_refused_by_database'), { ...LONG, what: 'the refusal in the log' });
  await program.post(accepted('sh_number', 3, { reported: { fine: true } }));
  await shadowOf('sh_number', (shadow) => shadow.version === 3 && !shadow.is_complete);
});

test('a clean stop stores all; after a kill a shadow may be behind, which it says until the next report', async () => {
  const own = await new Program().start();
  await own.post(documents('sh_stop', 1, { n: 1 }));
  await shadowOf('sh_stop', undefined, '', own);
  await own.post(documents('sh_stop', 2, { n: 2 }));
  assert.equal(await own.stop(), 0);
  const after = await new Program({ data: own.data }).start();
  assert.equal((await after.get('/v1/vehicles/sh_stop/shadow')).body.version, 2);
  await after.post(documents('sh_stop', 3, { n: 3 }, undefined, Math.floor(Date.now() / 1000) + 1));
  await after.kill();
  const back = await new Program({ data: own.data }).start();
  const { body } = await back.get('/v1/vehicles/sh_stop/shadow');
  assert.equal(body.is_behind, body.version < 3);
  assert.equal(body.position_version, 3);
  await back.post(documents('sh_stop', 4, { n: 4 }, undefined, Math.floor(Date.now() / 1000) + 2));
  await shadowOf('sh_stop', (shadow) => shadow.version === 4 && !shadow.is_behind, '', back);
  await back.stop();
});
