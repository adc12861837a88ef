// Speeders and failing cold boxes are planted in a simulated fleet on Portland's streets; the reports must find them, and nothing
// else. What truly happened is written by the simulator (--planted), whatever the vehicles reported of it every five seconds, late,
// twice, and with the noise of their receivers.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { analysed } from './support/analysis.js';
import { INGEST_KEY, Program, SHARED_DATA, run, skipWithoutSharedData } from './support/program.js';

const PORTLAND = 'osm/portland.osm.pbf';
const INTERVAL_S = 5;
const TOLERANCE_KMH = 5;
const SPEED_STEP_KMH = 1.609344; // speeds are reported in whole miles an hour
const BANDS = [['minor', 10], ['moderate', 20], ['severe', 40], ['extreme', Infinity]];
const SECOND_MS = 1000;

function planted(file) {
  const [header, ...lines] = fs.readFileSync(file, 'utf8').trim().split('\n').map((line) => line.split(','));
  return lines.map((cells) => {
    const row = Object.fromEntries(cells.map((cell, i) => [header[i], cell]));
    return { ...row, from: Date.parse(row.from), until: Date.parse(row.until) };
  });
}

const bandOf = (excess_kmh) => BANDS.find(([, to]) => excess_kmh <= to)[0];
const overlaps = (a, b, slack_s) => a.from <= b.until + slack_s * SECOND_MS && b.from <= a.until + slack_s * SECOND_MS;

async function all(program, target) {
  const items = [];
  for (let next = target; next; ) {
    const { status, body, text } = await program.get(next);
    assert.equal(status, 200, text);
    items.push(...body.items);
    next = body.next;
  }
  return items;
}

function share(found, of, what) {
  assert.ok(of.length > 0, `there is nothing of ${what}`);
  return { found: found.length, of: of.length, share: Number((found.length / of.length).toFixed(3)) };
}

test('planted speeders and warm loads are found', { skip: skipWithoutSharedData(PORTLAND), timeout: 900_000 }, async (t) => {
  const program = await new Program({ flags: ['--speed-unit', 'mph'] }).start();
  const imported = await run(['import-osm', path.join(SHARED_DATA, PORTLAND), '--data', program.data]);
  assert.equal(imported.code, 0, imported.err);
  const truth = path.join(program.data, 'planted.csv');
  const fleet = ['simulate', '--vehicles', '24', '--move', '2880', '--interval', String(INTERVAL_S), '--rate', '0', '--seed', '11',
    '--speeders', '10', '--reefers', '12', '--late', '3', '--duplicate', '3', '--batch', '50', '--planted', truth,
    '--data', program.data, '--to', `${program.base}/ingest/iot`, '--ingest-key', INGEST_KEY];
  const sent = await run(fleet, { timeoutMs: 300_000 });
  assert.equal(sent.code, 0, sent.err);
  await analysed(program, { timeoutMs: 300_000 });
  const happened = planted(truth);
  const from = new Date(Math.min(...happened.map((row) => row.from)) - 86_400_000).toISOString();
  const range = `from=${from}&to=${new Date(Date.now() + 86_400_000).toISOString()}`;

  await t.test('speeding', async (s) => {
    const speeding = happened.filter(({ what }) => what === 'speeding')
      .map((row) => ({ ...row, excess_kmh: row.max_speed_kmh - row.limit_kmh }));
    const episodes = (await all(program, `/v1/speeding/episodes?${range}&tolerance_kmh=${TOLERANCE_KMH}&limit=1000`))
      .map((row) => ({ ...row, from: Date.parse(row.started_at), until: Date.parse(row.ended_at) }));
    // What reports of whole miles an hour every five seconds must show: over the tolerance by a step, and long enough for three.
    const visible = speeding.filter((row) => row.limit_is_posted === 'true' && row.until - row.from >= 3 * INTERVAL_S * SECOND_MS
      && row.excess_kmh >= TOLERANCE_KMH + SPEED_STEP_KMH);
    const found = visible.filter((row) => episodes.some((e) => e.vehicle === row.vehicle && overlaps(e, row, 0)));
    const recall = Object.fromEntries(BANDS.map(([band]) => {
      const of = visible.filter((row) => bandOf(row.excess_kmh) === band);
      return [band, `${of.filter((row) => found.includes(row)).length} of ${of.length}`];
    }));
    const right = episodes.filter((e) => speeding.some((row) => row.vehicle === e.vehicle && overlaps(e, row, INTERVAL_S)));
    const precision = Object.fromEntries(BANDS.map(([band]) => {
      const of = episodes.filter((e) => e.band === band);
      return [band, `${of.filter((e) => right.includes(e)).length} of ${of.length}`];
    }));
    const all_found = share(found, visible, 'speeding');
    const all_right = share(right, episodes, 'episodes');
    s.diagnostic(JSON.stringify({ recall, all_found, precision, all_right }));
    assert.ok(all_found.share >= 0.97, `found: ${JSON.stringify(all_found)}`);
    assert.ok(all_right.share >= 0.97, `right: ${JSON.stringify(all_right)}`);
  });

  await t.test('warm loads', async (s) => {
    const coldest = await program.sql(`SELECT v.name, min(temperature_c) FROM breadcrumb JOIN vehicle v USING (vehicle_id)
      WHERE temperature_c IS NOT NULL GROUP BY 1`);
    for (const [vehicle, lowest_c] of coldest) {
      const put = await program.get(`/v1/rules/temperature/${vehicle}`, { method: 'PUT', headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ vehicle, highest_c: (lowest_c < -10 ? -18 : 3) + 5 }) });
      assert.equal(put.status, 201, put.text);
    }
    await analysed(program, { timeoutMs: 300_000 });
    const warm = happened.filter(({ what }) => what === 'warm');
    const excursions = (await all(program, `/v1/temperature/excursions?${range}&limit=1000`))
      .map((row) => ({ ...row, from: Date.parse(row.started_at), until: Date.parse(row.ended_at) }));
    const alarming = excursions.filter((row) => row.fired_at !== null);
    // Seven minutes over the limit: the five of the rule, whatever the noise of the sensor does at its edges.
    const long = warm.filter((row) => row.until - row.from >= 420 * SECOND_MS && row.warmest_c - row.set_point_c > 5.5);
    const found = long.filter((row) => alarming.some((e) => e.vehicle === row.vehicle && overlaps(e, row, 0)));
    const right = alarming.filter((e) => warm.some((row) => row.vehicle === e.vehicle && overlaps(e, row, INTERVAL_S)));
    const all_found = share(found, long, 'warm loads');
    const all_right = share(right, alarming, 'excursions');
    s.diagnostic(JSON.stringify({ all_found, all_right }));
    assert.equal(all_found.share, 1);
    assert.equal(all_right.share, 1);
  });
  assert.equal(await program.stop(), 0);
});
