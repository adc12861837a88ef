// GET and PUT /v1/speeding/settings: what reports go by, its bands, and the version of the rule set.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { Program } from './support/program.js';
import { plantEpisodes, plantVehicles } from './support/speeding_rows.js';

const program = new Program();
const SETTINGS = '/v1/speeding/settings';
const DEFAULTS = { tolerance_kmh: 5, min_duration_s: 10, min_samples: 2, bands_kmh: [10, 20, 40] };

before(() => program.start());

function put(body, type = 'application/json') {
  return program.get(SETTINGS, { method: 'PUT', headers: { 'content-type': type }, body: typeof body === 'string' ? body : JSON.stringify(body) });
}

test('they are the defaults of every report, and change its bands', async () => {
  await plantVehicles(program, ['set_1']);
  await plantEpisodes(program, [[6, 30], [12, 30], [30, 30]].map(([excess, seconds], i) => ({ vehicle: 'set_1', at: `2026-03-0${i + 1}T10:00:00Z`, excess, seconds })));
  assert.deepEqual((await program.get(SETTINGS)).body, DEFAULTS);
  const report = async () => (await program.get('/v1/speeding/report?from=2026-03-01&to=2026-03-10')).body;
  assert.deepEqual(Object.values((await report()).total).slice(5, 10), [3, 1, 1, 1, 0]);
  const changed = { tolerance_kmh: 8.5, min_duration_s: 20, min_samples: 3, bands_kmh: [5, 15, 25] };
  const answer = await put(changed);
  assert.deepEqual([answer.status, answer.body], [200, changed]);
  assert.deepEqual((await program.get(SETTINGS)).body, changed);
  const body = await report();
  assert.deepEqual([body.tolerance_kmh, body.min_duration_s, body.min_samples, body.bands_kmh], [8.5, 20, 3, [5, 15, 25]]);
  assert.deepEqual(Object.values(body.total).slice(5, 10), [2, 0, 1, 0, 1]);
  assert.deepEqual((await program.get('/v1/speeding/episodes?from=2026-03-01&to=2026-03-10')).body.items.map(({ band }) => band), ['moderate', 'extreme']);
});

test('a change is a new version of the rule set; the same again is none', async () => {
  const version = async () => (await program.get('/v1/speeding/report')).body.rule_version;
  const first = await version();
  assert.equal((await put(DEFAULTS)).status, 200);
  const second = await version();
  assert.ok(second > first);
  assert.equal((await put(DEFAULTS)).status, 200);
  assert.equal(await version(), second);
  const [[kind, subject, after]] = await program.sql(`SELECT kind, subject, after FROM rule_change WHERE version = ${second}`);
  assert.deepEqual([kind, subject, JSON.parse(after)], ['fleet', 'speeding settings', DEFAULTS]);
});

test('what makes no sense is refused, and changes nothing', async () => {
  for (const [body, name] of [[{}, 'tolerance_kmh'], [{ ...DEFAULTS, bands_kmh: [20, 10, 40] }, 'bands_kmh[1]'], [{ ...DEFAULTS, more: 1 }, 'more']]) {
    const answer = await put(body);
    assert.deepEqual([answer.status, answer.body.errors[0].name], [400, name]);
  }
  assert.equal((await put('{')).status, 400);
  assert.equal((await put(DEFAULTS, 'text/plain')).status, 415);
  assert.deepEqual((await program.get(SETTINGS)).body, DEFAULTS);
});
