// Limits of roads and what they make of drives: an override, its end, and estimated limits compute the past anew, also of a vehicle
// that is on the road now.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { analysed } from './support/analysis.js';
import { Program, eventually } from './support/program.js';

const START = Math.floor(Date.now() / 1000) - 7200;
const LAT = 45.5;
const STEP_DEG = 0.005; /* a segment: some 390 m */

/* Main Street, six segments with 50 km/h, and 2 km south of it Side Street, six without a posted limit. */
const ROADS = `
  INSERT INTO road (way_id, name, kind, oneway, maxspeed, layer, is_bridge, is_tunnel, geom)
  SELECT way, name, 'residential', 0, maxspeed, 0, false, false, st_setsrid(st_makeline(st_point(-122.7, lat), st_point(-122.7 + 6 * ${STEP_DEG}, lat)), 4326)
    FROM (VALUES (1, 'Main Street', '50', ${LAT}), (2, 'Side Street', NULL, ${LAT} - 0.02)) AS street(way, name, maxspeed, lat);
  INSERT INTO road_segment (road_id, way_id, from_node, to_node, class, oneway, length_m, forward_kmh, backward_kmh, estimated_kmh, geom)
  SELECT 4096 * way_id + part, way_id, way_id * 100 + part, way_id * 100 + part + 1, class, oneway, st_length(piece::geography),
         CASE way_id WHEN 1 THEN 50 END, CASE way_id WHEN 1 THEN 50 END, estimated_kmh, st_transform(piece, 3857)
    FROM (SELECT *, st_linesubstring(geom, (part - 1) / 6.0, part / 6.0) AS piece FROM road, generate_series(1, 6) AS part) cut
    JOIN road_class USING (kind)`;

const FLAGS = ['--speed-unit', 'kmh'];
let program = new Program({ flags: FLAGS });

async function restart(...flags) {
  await program.stop();
  program = await new Program({ data: program.data, flags: [...FLAGS, ...flags] }).start();
}

/** Along a street at 60 km/h, a breadcrumb every 5 s; `ends`: then two where there is no road. */
async function drive(vehicle, lat, { seconds = 130, ends = true } = {}) {
  const events = [];
  for (let t = 0; t <= seconds; t += 5) {
    events.push({ thingName: vehicle, latitude: lat, longitude: -122.6999 + t * 16.667 / 78100, speed: 60, heading: 90, ignition: true,
      version: t + 1, timestamp: START + t });
  }
  for (const later of ends ? [600, 1200] : []) {
    events.push({ ...events.at(-1), latitude: lat - 0.1, version: later + 200, timestamp: START + seconds + later });
  }
  const answer = await program.post(events);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
}

const send = (method, target, body) => program.get(target, {
  method, headers: { 'content-type': 'application/json' }, body: body === undefined ? undefined : JSON.stringify(body),
});

/** [started, ended (seconds of the drive), limit, source] of a vehicle's episodes, oldest first. */
async function episodes(vehicle) {
  await analysed(program);
  const rows = await program.sql(`SELECT extract(epoch FROM started_at)::bigint, extract(epoch FROM ended_at)::bigint, limit_kmh, limit_source, quality
    FROM speeding_episode JOIN vehicle USING (vehicle_id) WHERE name = '${vehicle}' ORDER BY started_at`);
  return rows.map(([from, to, limit, source, quality]) => [Number(from) - START, Number(to) - START, Number(limit), Number(source), Number(quality)]);
}

const POSTED = 2;
const OVERRIDE = 1;
const ESTIMATED = 3;

before(async () => {
  await program.start();
  await program.sql(ROADS);
});

test('an override changes what was driven over its road, until it is taken away', async () => {
  await drive('past', LAT);
  const whole = await episodes('past');
  assert.deepEqual(whole, [[0, 130, 50, POSTED, 0]]);
  assert.equal((await send('PUT', '/v1/roads/4099/override', { limit_kmh: 65, note: 'new signs' })).status, 201);
  const parted = await episodes('past');
  assert.equal(parted.length, 2, JSON.stringify(parted));
  assert.ok(parted[0][0] === 0 && parted[1][1] === 130 && parted[1][0] - parted[0][1] >= 25, JSON.stringify(parted));
  assert.equal((await send('PUT', '/v1/roads/4099/override', { limit_kmh: 30, note: 'works' })).status, 200);
  const slower = await episodes('past');
  assert.deepEqual(slower.map(([, , limit, source]) => [limit, source]), [[50, POSTED], [30, OVERRIDE], [50, POSTED]]);
  assert.equal((await send('DELETE', '/v1/roads/4099/override')).status, 204);
  assert.deepEqual(await episodes('past'), whole);
});

test('also for a vehicle that is on the road now, and whose matches are not settled yet', async () => {
  await drive('now', LAT, { ends: false });
  assert.deepEqual(await episodes('now'), [[0, 130, 50, POSTED, 0]]);
  const last = (await program.sql("SELECT max(road_id) FROM road_run JOIN vehicle USING (vehicle_id) WHERE name = 'now'"))[0][0];
  assert.ok(Number(last) < 4102, 'the last run is under way');
  assert.equal((await send('PUT', '/v1/roads/4102/override', { limit_kmh: 65, note: 'new signs' })).status, 201);
  const [[started, ended]] = await episodes('now');
  assert.ok(started === 0 && ended < 125, `${started} ${ended}`);
  assert.equal((await send('DELETE', '/v1/roads/4102/override')).status, 204);
  assert.deepEqual(await episodes('now'), [[0, 130, 50, POSTED, 0]]);
});

test('a limit of the fleet holds where no road has one, and estimated ones only where they are asked for, behind it', async () => {
  await drive('side', LAT - 0.02);
  assert.deepEqual(await episodes('side'), []);
  await restart('--estimated-limits', 'yes');
  await eventually(async () => (await episodes('side')).length === 1, { timeoutMs: 60_000, what: 'estimated limits' });
  assert.deepEqual(await episodes('side'), [[0, 130, 50, ESTIMATED, 4]]);
  assert.equal((await send('PUT', '/v1/rules/speed/fleet', { limit_kmh: 80 })).status, 201);
  assert.deepEqual(await episodes('side'), [], 'a guess never hides a limit that somebody has set');
  assert.equal((await send('DELETE', '/v1/rules/speed/fleet')).status, 204);
  assert.equal((await episodes('side')).length, 1);
  await restart();
  await eventually(async () => (await episodes('side')).length === 0, { timeoutMs: 60_000, what: 'no estimated limits' });
  assert.deepEqual(await episodes('past'), [[0, 130, 50, POSTED, 0]]);
});
