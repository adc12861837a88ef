// /v1/rules/temperature: what a rule may say, whom it is for, and what each change leaves behind.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { Program } from './support/program.js';

const program = new Program();
const RULES = '/v1/rules/temperature';

before(async () => {
  await program.start();
  for (const [name, kind, fleet] of [['cold_1', 'reefer', 'north'], ['cold_2', 'reefer', 'south'], ['van_1', 'van', 'north']]) {
    await program.get(`/v1/vehicles/${name}`, {
      method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ kind, fleet }),
    });
  }
});

const put = (name, body, type = 'application/json') => program.get(`${RULES}/${encodeURIComponent(name)}`, {
  method: 'PUT', headers: { 'content-type': type }, body: JSON.stringify(body),
});
const remove = (name) => program.get(`${RULES}/${encodeURIComponent(name)}`, { method: 'DELETE' });
const changes = () => program.sql('SELECT subject, before IS NULL, after IS NULL FROM rule_change WHERE kind = \'temperature\' ORDER BY version');
const recomputes = () => program.sql(`SELECT coalesce(v.name, 'all'), from_at, until_at, needs_matching FROM recompute
  LEFT JOIN vehicle v USING (vehicle_id) WHERE reason LIKE 'temperature%' ORDER BY recompute_id`);

test('a rule is set, read, listed, changed and taken away', async () => {
  assert.deepEqual((await program.get(RULES)).body, { items: [], next: null });
  const made = await put('frozen goods', { kind: 'reefer', highest_c: -18.1, urgent_highest_c: -15, pause_field: 'defrost' });
  assert.equal(made.status, 201, made.text);
  const { rule_id: id, updated_at: updated, ...rest } = made.body;
  assert.ok(id > 0 && Date.now() - Date.parse(updated) < 600_000);
  assert.deepEqual(rest, {
    name: 'frozen goods', vehicle: null, kind: 'reefer', fleet: null, lowest_c: null, highest_c: -18.1, urgent_lowest_c: null,
    urgent_highest_c: -15, for_s: 300, clear_for_s: 300, hysteresis_c: 0.5, pause_field: 'defrost', pause_max_s: 1800,
    warming_s: 1200, silent_s: 900, vehicles: 2,
  });
  assert.deepEqual((await program.get(`${RULES}/frozen%20goods`)).body, made.body);
  assert.deepEqual((await program.get(RULES)).body.items, [made.body]);

  const changed = await put('frozen goods', { kind: 'reefer', set_point_c: -20, tolerance_c: 2 });
  assert.equal(changed.status, 200);
  assert.equal(changed.body.rule_id, id);
  assert.deepEqual([changed.body.lowest_c, changed.body.highest_c, changed.body.urgent_highest_c, changed.body.pause_field],
    [-22, -18, null, null]);

  const gone = await remove('frozen goods');
  assert.deepEqual([gone.status, gone.text], [204, '']);
  assert.equal((await program.get(`${RULES}/frozen%20goods`)).status, 404);
  assert.equal((await remove('frozen goods')).status, 404);
});

test('every change is a version of the rules and computes anew what it concerns', async () => {
  await program.sql('DELETE FROM rule_change; DELETE FROM recompute');
  await put('one', { vehicle: 'van_1', highest_c: 8 });
  assert.deepEqual(await changes(), [['rule one', 't', 'f']]);
  assert.deepEqual(await recomputes(), [['van_1', '-infinity', 'infinity', 'f']]);
  await put('one', { vehicle: 'van_1', highest_c: 8 });
  assert.equal((await changes()).length, 1, 'what changes nothing is no change');
  assert.equal((await recomputes()).length, 1);
  await put('one', { kind: 'reefer', highest_c: 8 });
  assert.deepEqual((await changes())[1], ['rule one', 'f', 'f']);
  assert.deepEqual((await recomputes()).slice(1).map(([name]) => name), ['van_1', 'cold_1', 'cold_2'],
    'those it was for, and those it is for');
  await put('one', { highest_c: 8 });
  assert.deepEqual((await recomputes()).slice(4).map(([name]) => name), ['all']);
  await remove('one');
  assert.deepEqual((await changes()).at(-1), ['rule one', 'f', 't']);
  assert.deepEqual((await recomputes()).slice(5).map(([name]) => name), ['all']);
  const [[before, after]] = await program.sql(`SELECT before ->> 'highest_c', after ->> 'kind' FROM rule_change ORDER BY version OFFSET 1 LIMIT 1`);
  assert.deepEqual([before, after], ['8', 'reefer']);
});

test('the narrowest rule holds', async () => {
  await put('all', { highest_c: 30 });
  await put('north', { fleet: 'north', highest_c: 20 });
  await put('reefers', { kind: 'reefer', highest_c: 8 });
  await put('cold north', { kind: 'reefer', fleet: 'north', highest_c: 6 });
  const counts = async () => Object.fromEntries((await program.get(RULES)).body.items.map((rule) => [rule.name, rule.vehicles]));
  assert.deepEqual(await counts(), { all: 0, 'cold north': 1, north: 1, reefers: 1 });
  await put('cold one', { vehicle: 'cold_1', highest_c: 4 });
  assert.deepEqual(await counts(), { all: 0, 'cold north': 0, 'cold one': 1, north: 1, reefers: 1 });
});

test('pages, formats and methods', async () => {
  const first = await program.get(`${RULES}?limit=2`);
  assert.deepEqual(first.body.items.map((rule) => rule.name), ['all', 'cold north']);
  const second = await program.get(new URL(first.body.next).pathname + new URL(first.body.next).search);
  assert.deepEqual(second.body.items.map((rule) => rule.name), ['cold one', 'north']);
  const csv = await program.get(`${RULES}?f=csv`);
  assert.match(csv.headers.get('content-type'), /^text\/csv/);
  assert.equal(csv.text.split('\r\n').length, 7);
  assert.match(csv.text, /^rule_id,name,vehicle,kind,fleet,lowest_c,highest_c,/);
  assert.match(csv.text, /\r\n\d+,cold one,cold_1,,,,4,,,300,300,0.5,,1800,1200,900,1,/);
  assert.equal((await program.get(`${RULES}?f=ndjson`)).text.trim().split('\n').length, 5);
  assert.equal((await program.get(`${RULES}/all`, { method: 'HEAD' })).status, 200);
  assert.match((await program.get(`${RULES}/all`, { method: 'OPTIONS' })).headers.get('allow'), /DELETE/);
  assert.equal((await program.get(`${RULES}/all`, { method: 'POST' })).status, 405);
});

test('what is wrong is named', async () => {
  const cases = [
    [{ highest_c: 8, lowest_c: 9 }, 400, 'lowest_c', /less than highest_c/],
    [{}, 400, 'highest_c', /missing/],
    [{ highest_c: 8, urgent_highest_c: 7 }, 400, 'urgent_highest_c', /outside of the range/],
    [{ highest_c: 8, vehicle: 'nobody' }, 400, 'vehicle', /there is no vehicle nobody/],
    [{ highest_c: 8, color: 'red' }, 400, 'color', /unknown/],
    [{ kind: 'reefer', highest_c: 8 }, 409, 'kind', /rule reefers is for the same vehicles/],
    [{ fleet: 'north', highest_c: 8 }, 409, 'fleet', /rule north/],
    [{ vehicle: 'cold_1', highest_c: 8 }, 409, 'vehicle', /rule cold one/],
    [{ highest_c: 8 }, 409, 'kind', /rule all/],
  ];
  for (const [body, status, field, detail] of cases) {
    const answer = await put('wrong', body);
    assert.equal(answer.status, status, answer.text);
    assert.match(answer.headers.get('content-type'), /problem\+json/);
    assert.equal(answer.body.errors[0].name, field);
    assert.match(answer.body.errors[0].reason, detail);
  }
  assert.equal((await put('wrong', { highest_c: 8 }, 'text/plain')).status, 415);
  assert.equal((await put(' wrong', { highest_c: 8 })).status, 400);
  assert.equal((await program.get(`${RULES}?x=1`)).status, 400);
  assert.equal((await program.get(`${RULES}/all?x=1`)).status, 400);
  assert.equal((await program.get(`${RULES}/wrong`)).status, 404);
  assert.equal((await program.get(`${RULES}?f=gpx`)).status, 406);
  assert.equal((await program.get(`${RULES}?cursor=abc`)).status, 400);
});

test('changes at the same time come one after the other', async () => {
  const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => put(`same ${i}`, { kind: 'same', highest_c: i })));
  assert.deepEqual(answers.map((answer) => answer.status).sort(), [201, ...Array.from({ length: 7 }, () => 409)]);
});
