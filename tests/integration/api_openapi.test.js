// /openapi.json against the program: it is valid, it has every route and no other, and real answers fit what it says.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import SwaggerParser from '@apidevtools/swagger-parser';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

import { plant } from './support/conditions.js';
import { Program, eventually, iotEvent } from './support/program.js';
import { plantExcursions, plantReadings } from './support/temperature_rows.js';
import { plantDrivers } from './support/speeding_rows.js';
import { plantStops, plantTrips } from './support/trip_rows.js';

const ROOT = path.resolve(path.dirname(new URL(import.meta.url).pathname), '../..');
const METHODS = ['get', 'put', 'patch', 'post', 'delete'];
const NOW = Math.floor(Date.now() / 1000);
const program = new Program();
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats(ajv);
let api;

before(async () => {
  await program.start();
  const events = Array.from({ length: 30 }, (_, i) => iotEvent({ vehicle: `doc_${i % 3}`, version: i, seconds: NOW - i * 10, lon: -122.7 + i / 500 }));
  events.push(iotEvent({ vehicle: 'doc_0', version: 99, seconds: NOW - 1000, lat: 0, lon: 0 }));
  await eventually(async () => (await program.post(events)).status === 200, { what: 'the events being stored' });
  await program.get('/v1/vehicles/doc_registered', { method: 'PUT' });
  await program.get('/v1/geofences/doc%20depot', {
    method: 'PUT', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ geometry: { type: 'Polygon', coordinates: [[[-123, 45], [-122, 45], [-122, 46], [-123, 45]]] }, limit_kmh: 20 }),
  });
  await program.get('/v1/rules/temperature/doc%20frozen', {
    method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ kind: 'reefer', highest_c: -18 }),
  });
  await eventually(async () => (await program.get('/v1/vehicles/doc_1/shadow')).status === 200, { timeoutMs: 60_000, what: 'the shadow being kept' });
  await plantReadings(program, 'doc_1', [{ at: NOW * 1000 - 5500, c: -19.5 }, { at: NOW * 1000 - 4500, c: -17.5 }]);
  await plantExcursions(program, [{ vehicle: 'doc_1', rule: 'doc frozen', from: NOW * 1000 - 5500, to: NOW * 1000 - 4500 }]);
  assert.equal((await program.post({ thingnm: 'doc_bad', latitude: 99, longitude: 1 })).status, 400);
  await fillIngestTables();
  await plant(program, { vehicle: 'doc_1', kind: 'speeding', began: (NOW - 60) * 1000, value: 95, limit: 80 });
  await eventually(async () => (await program.get('/v1/alerts?state=firing')).body.items.length === 1, { timeoutMs: 60_000, what: 'the alert' });
  await fillSpeedingTables();
  await fillRoads();
  api = (await program.get('/openapi.json')).body;
  ajv.addSchema({ $id: 'api', components: api.components });
});

/** A road with an override, and limits of the fleet and of a vehicle. */
async function fillRoads() {
  await program.sql(`INSERT INTO road (way_id, name, kind, oneway, layer, is_bridge, is_tunnel, geom)
    VALUES (1, 'Main Street', 'primary', 0, 0, false, false, 'SRID=4326;LINESTRING(-122.66 45.5, -122.658 45.5)')`);
  await program.sql(`INSERT INTO road_segment (road_id, way_id, from_node, to_node, class, oneway, length_m, forward_kmh, estimated_kmh, geom)
    SELECT 4097, 1, 1, 2, 3, 0, 156.2, 50, 90, st_transform(geom, 3857) FROM road`);
  const put = async (target, body) => assert.equal((await program.get(target, {
    method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
  })).status, 201);
  await put('/v1/rules/speed/fleet', { limit_kmh: 100 });
  await put('/v1/rules/speed/vehicles/doc_1', { limit_kmh: 80 });
  await put('/v1/roads/4097/override', { limit_kmh: 30, note: 'school' });
}

/** A rejected event that can be read now, as after a fix, and objects of S3 in several states. */
async function fillIngestTables() {
  const good = JSON.stringify(iotEvent({ vehicle: 'doc_late', version: 1, seconds: NOW - 50 })).replaceAll("'", "''");
  await program.sql(`INSERT INTO rejected (digest, received_at, source, field, reason, request_id, body)
    VALUES ('good', now(), 3, '$', 'of the past', 's3://doc/key', convert_to('${good}', 'UTF8'))`);
  await program.sql(`INSERT INTO ingest_object (bucket, object_key, version_key, found_by, state, announced_at, started_at, finished_at)
    SELECT 'doc', state, 'etag', 1, state, now(), now(), now() FROM unnest(ARRAY['read', 'missing', 'ignored']) AS state`);
  await program.sql("INSERT INTO ingest_sweep (prefix, started_at, finished_at) VALUES ('s3://doc/', now(), now())");
}

/** doc_0 drives faster than it may: the analysis makes episodes of it, whatever rules the requests here change. */
async function fillSpeedingTables() {
  await plantDrivers(program, [{ id: 7, name: 'Ann' }]);
  await plantTrips(program, ['2026-03-29T12:00:00Z', '2026-03-29T13:00:00Z'].map((at) => ({ vehicle: 'doc_1', at, driver: 7 })));
  await plantStops(program, [{ vehicle: 'doc_1', at: '2026-03-29T12:10:00Z' }]);
  const limit = await program.get('/v1/rules/speed/vehicles/doc_0', { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{"limit_kmh":50}' });
  assert.equal(limit.status, 201);
  await eventually(episodeOfDoc0, { timeoutMs: 120_000, what: 'an episode of doc_0' });
}

async function episodeOfDoc0() {
  return (await program.get('/v1/speeding/episodes?vehicle=doc_0&tolerance_kmh=0&min_duration_s=0')).body.items[0]?.id;
}

function resolve(value) {
  return value?.$ref ? value.$ref.slice(2).split('/').reduce((at, key) => at[key], api) : value;
}

/** Every route of the program's own tables, read from their sources: [method, pattern]. */
function routesOfSources() {
  const routes = [];
  const sources = ['api/routes.c', 'api/tiles.c', 'ingest/push/receiver.c', 'ingest/push/sns_receiver.c', 'ingest/push/s3_webhook.c',
    'ingest/push/firehose.c', 'ingest/replaying/rejected_replay.c', 'ingest/objects/object_retry.c', 'ingest/alerts/alert_desk.c', 'server/http/static_files.c',
    'server/main.c'];
  for (const name of sources) {
    const text = fs.readFileSync(path.join(ROOT, name), 'utf8');
    for (const [, method, pattern] of text.matchAll(/HTTP_([A-Z]+),\s*(?:\.pattern = )?"(\/[^"]*)"/g)) {
      routes.push(`${method.toLowerCase()} ${pattern}`);
    }
  }
  return routes.sort();
}

test('it is valid OpenAPI 3.1', async () => {
  await SwaggerParser.validate(structuredClone(api));
  assert.equal(api.openapi, '3.1.0');
});

test('it documents every route and nothing else', () => {
  const documented = Object.entries(api.paths)
    .flatMap(([pattern, item]) => METHODS.filter((method) => item[method]).map((method) => `${method} ${pattern.replace('{y}.mvt', '{y}')}`));
  assert.deepEqual(documented.sort(), routesOfSources());
});

test('summaries are those of the route table', () => {
  const text = fs.readFileSync(path.join(ROOT, 'api/routes.c'), 'utf8');
  for (const [, method, pattern, summary] of text.matchAll(/HTTP_([A-Z]+),\s*"([^"]+)",\s*ROLE_\w+,\s*"([^"]+)"/g)) {
    assert.equal(api.paths[pattern][method.toLowerCase()].summary, summary);
  }
});

const TRACK = `/v1/vehicles/doc_1/track?from=${new Date((NOW - 3600) * 1000).toISOString()}`;
const REQUESTS = [
  ['get', '/v1/vehicles', '/v1/vehicles?limit=1', 200],
  ['get', '/v1/vehicles', '/v1/vehicles?f=geojson', 200],
  ['get', '/v1/vehicles', '/v1/vehicles?f=csv', 200],
  ['get', '/v1/vehicles', '/v1/vehicles?x=1', 400],
  ['get', '/v1/vehicles', '/v1/vehicles?f=gpx', 406],
  ['get', '/v1/vehicles/{name}', '/v1/vehicles/doc_1', 200],
  ['get', '/v1/vehicles/{name}', '/v1/vehicles/doc_1?f=geojson', 200],
  ['get', '/v1/vehicles/{name}', '/v1/vehicles/doc_registered', 200],
  ['get', '/v1/vehicles/{name}', '/v1/vehicles/nobody', 404],
  ['put', '/v1/vehicles/{name}', '/v1/vehicles/doc_put', 201],
  ['put', '/v1/vehicles/{name}', '/v1/vehicles/doc_put', 200],
  ['put', '/v1/vehicles/{name}', '/v1/vehicles/a%20b', 400],
  ['patch', '/v1/vehicles/{name}', '/v1/vehicles/doc_put', 415],
  ['delete', '/v1/vehicles/{name}', '/v1/vehicles/doc_put', 204],
  ['delete', '/v1/vehicles/{name}', '/v1/vehicles/nobody', 404],
  ['get', '/v1/vehicles/{name}/shadow', '/v1/vehicles/doc_1/shadow', 200],
  ['get', '/v1/vehicles/{name}/shadow', '/v1/vehicles/doc_1/shadow?shadow=', 400],
  ['get', '/v1/vehicles/{name}/shadow', '/v1/vehicles/doc_1/shadow?shadow=config', 404],
  ['get', '/v1/vehicles/{name}/desired', '/v1/vehicles/doc_1/desired', 200],
  ['get', '/v1/vehicles/{name}/desired', '/v1/vehicles/nobody/desired', 404],
  ['put', '/v1/vehicles/{name}/desired', '/v1/vehicles/doc_1/desired', 415],
  ['get', '/v1/vehicles/{name}/track', TRACK, 200],
  ['get', '/v1/vehicles/{name}/track', `${TRACK}&f=geojson`, 200],
  ['get', '/v1/vehicles/{name}/track', `${TRACK}&f=csv`, 200],
  ['get', '/v1/vehicles/{name}/track', `${TRACK}&f=gpx`, 200],
  ['get', '/v1/vehicles/{name}/track', '/v1/vehicles/nobody/track', 404],
  ['get', '/v1/temperature/series', '/v1/temperature/series?vehicle=doc_1', 200],
  ['get', '/v1/temperature/series', '/v1/temperature/series?vehicle=doc_1&f=csv', 200],
  ['get', '/v1/temperature/series', '/v1/temperature/series', 400],
  ['get', '/v1/temperature/series', '/v1/temperature/series?vehicle=nobody', 404],
  ['get', '/v1/temperature/excursions', '/v1/temperature/excursions', 200],
  ['get', '/v1/temperature/excursions', '/v1/temperature/excursions?f=csv', 200],
  ['get', '/v1/temperature/excursions', '/v1/temperature/excursions?f=ndjson', 200],
  ['get', '/v1/temperature/excursions', '/v1/temperature/excursions?tier=x', 400],
  ['get', '/v1/temperature/trips', '/v1/temperature/trips?vehicle=doc_1', 200],
  ['get', '/v1/temperature/trips', '/v1/temperature/trips?vehicle=doc_1&f=csv', 200],
  ['get', '/v1/temperature/trips', '/v1/temperature/trips', 400],
  ['get', '/v1/temperature/record', `/v1/temperature/record?vehicle=doc_1&from=${new Date((NOW - 6000) * 1000).toISOString()}&to=${new Date(NOW * 1000).toISOString()}&f=html`, 200],
  ['get', '/v1/temperature/record', `/v1/temperature/record?vehicle=doc_1&from=${new Date((NOW - 6000) * 1000).toISOString()}&to=${new Date(NOW * 1000).toISOString()}&f=csv`, 200],
  ['get', '/v1/temperature/record', '/v1/temperature/record?vehicle=doc_1', 400],
  ['get', '/v1/geofences', '/v1/geofences', 200],
  ['get', '/v1/geofences', '/v1/geofences?f=geojson', 200],
  ['get', '/v1/geofences', '/v1/geofences?f=csv', 200],
  ['get', '/v1/geofences', '/v1/geofences?f=ndjson', 200],
  ['post', '/v1/geofences', '/v1/geofences', 415],
  ['get', '/v1/geofences/{name}', '/v1/geofences/doc%20depot', 200],
  ['get', '/v1/geofences/{name}', '/v1/geofences/doc%20depot?f=geojson', 200],
  ['get', '/v1/geofences/{name}', '/v1/geofences/none', 404],
  ['put', '/v1/geofences/{name}', '/v1/geofences/doc%20depot', 415],
  ['delete', '/v1/geofences/{name}', '/v1/geofences/none', 404],
  ['get', '/v1/zones/visits', '/v1/zones/visits', 200],
  ['get', '/v1/zones/visits', '/v1/zones/visits?f=csv', 200],
  ['get', '/v1/zones/visits', '/v1/zones/visits?open=2', 400],
  ['get', '/v1/rules/speed', '/v1/rules/speed', 200],
  ['get', '/v1/rules/speed', '/v1/rules/speed?f=csv', 200],
  ['get', '/v1/rules/speed', '/v1/rules/speed?f=ndjson', 200],
  ['get', '/v1/rules/speed', '/v1/rules/speed?x=1', 400],
  ['get', '/v1/rules/speed/fleet', '/v1/rules/speed/fleet', 200],
  ['put', '/v1/rules/speed/fleet', '/v1/rules/speed/fleet', 415],
  ['delete', '/v1/rules/speed/fleet', '/v1/rules/speed/fleet', 204],
  ['delete', '/v1/rules/speed/fleet', '/v1/rules/speed/fleet', 404],
  ['get', '/v1/rules/speed/vehicles/{name}', '/v1/rules/speed/vehicles/doc_1', 200],
  ['get', '/v1/rules/speed/vehicles/{name}', '/v1/rules/speed/vehicles/doc_2', 404],
  ['put', '/v1/rules/speed/vehicles/{name}', '/v1/rules/speed/vehicles/doc_1', 415],
  ['delete', '/v1/rules/speed/vehicles/{name}', '/v1/rules/speed/vehicles/doc_1', 204],
  ['get', '/v1/roads', '/v1/roads', 200],
  ['get', '/v1/roads', '/v1/roads?f=geojson&bbox=-123,45,-122,46', 200],
  ['get', '/v1/roads', '/v1/roads?f=csv', 200],
  ['get', '/v1/roads', '/v1/roads?f=ndjson', 200],
  ['get', '/v1/roads', '/v1/roads?override=set', 200],
  ['get', '/v1/roads', '/v1/roads?override=lost', 200],
  ['get', '/v1/roads', '/v1/roads?override=x', 400],
  ['get', '/v1/roads', '/v1/roads?f=gpx', 406],
  ['get', '/v1/roads/coverage', '/v1/roads/coverage', 200],
  ['get', '/v1/roads/coverage', '/v1/roads/coverage?from=x', 400],
  ['get', '/v1/roads/{id}', '/v1/roads/4097', 200],
  ['get', '/v1/roads/{id}', '/v1/roads/4097?f=geojson', 200],
  ['get', '/v1/roads/{id}', '/v1/roads/4098', 404],
  ['get', '/v1/roads/{id}', '/v1/roads/x', 400],
  ['put', '/v1/roads/{id}/override', '/v1/roads/4097/override', 415],
  ['delete', '/v1/roads/{id}/override', '/v1/roads/4097/override', 204],
  ['delete', '/v1/roads/{id}/override', '/v1/roads/4097/override', 404],
  ['get', '/v1/rules/temperature', '/v1/rules/temperature', 200],
  ['get', '/v1/rules/temperature', '/v1/rules/temperature?f=csv', 200],
  ['get', '/v1/rules/temperature', '/v1/rules/temperature?x=1', 400],
  ['get', '/v1/rules/temperature/{name}', '/v1/rules/temperature/doc%20frozen', 200],
  ['get', '/v1/rules/temperature/{name}', '/v1/rules/temperature/none', 404],
  ['put', '/v1/rules/temperature/{name}', '/v1/rules/temperature/doc%20frozen', 415],
  ['delete', '/v1/rules/temperature/{name}', '/v1/rules/temperature/none', 404],
  ['get', '/v1/positions', '/v1/positions?limit=2', 200],
  ['get', '/v1/positions', '/v1/positions?f=geojson', 200],
  ['get', '/v1/positions', '/v1/positions?f=csv', 200],
  ['get', '/v1/positions', '/v1/positions?f=ndjson', 200],
  ['get', '/v1/positions', '/v1/positions?bbox=1', 400],
  ['get', '/v1/positions/latest', '/v1/positions/latest', 200],
  ['get', '/v1/positions/latest', '/v1/positions/latest?f=geojson', 200],
  ['get', '/v1/positions/latest', '/v1/positions/latest?f=csv', 200],
  ['get', '/v1/positions/latest', '/v1/positions/latest?f=ndjson', 200],
  ['get', '/v1/positions/at', `/v1/positions/at?time=${new Date(NOW * 1000).toISOString()}`, 200],
  ['get', '/v1/positions/at', `/v1/positions/at?time=${new Date(NOW * 1000).toISOString()}&f=geojson`, 200],
  ['get', '/v1/positions/at', '/v1/positions/at', 400],
  ['get', '/v1/positions/changes', '/v1/positions/changes?limit=3', 200],
  ['get', '/v1/positions/changes', '/v1/positions/changes?f=csv', 200],
  ['get', '/v1/positions/changes', '/v1/positions/changes?f=ndjson', 200],
  ['get', '/v1/positions/changes', '/v1/positions/changes?f=geojson', 406],
  ['get', '/v1/stream', '/v1/stream', 426],
  ['get', '/v1/analysis/status', '/v1/analysis/status', 200],
  ['get', '/v1/analysis/status', '/v1/analysis/status?x=1', 400],
  ['get', '/v1/ingest/status', '/v1/ingest/status', 200],
  ['get', '/v1/ingest/status', '/v1/ingest/status?x=1', 400],
  ['get', '/v1/ingest/rejected', '/v1/ingest/rejected', 200],
  ['get', '/v1/ingest/rejected', '/v1/ingest/rejected?f=csv', 200],
  ['get', '/v1/ingest/rejected', '/v1/ingest/rejected?f=ndjson', 200],
  ['get', '/v1/ingest/rejected', '/v1/ingest/rejected?source=mail', 400],
  ['get', '/v1/ingest/rejected/{id}', '/v1/ingest/rejected/1', 200],
  ['get', '/v1/ingest/rejected/{id}', '/v1/ingest/rejected/99', 404],
  ['post', '/v1/ingest/rejected/{id}/replay', '/v1/ingest/rejected/1/replay', 409],
  ['post', '/v1/ingest/rejected/{id}/replay', '/v1/ingest/rejected/2/replay', 200],
  ['post', '/v1/ingest/rejected/{id}/replay', '/v1/ingest/rejected/99/replay', 404],
  ['post', '/v1/ingest/rejected/replay', '/v1/ingest/rejected/replay', 200],
  ['post', '/v1/ingest/rejected/replay', '/v1/ingest/rejected/replay?limit=0', 400],
  ['get', '/v1/ingest/rejected', '/v1/ingest/rejected?open=true&limit=1', 200],
  ['get', '/v1/ingest/objects', '/v1/ingest/objects', 200],
  ['get', '/v1/ingest/objects', '/v1/ingest/objects?f=csv', 200],
  ['get', '/v1/ingest/objects', '/v1/ingest/objects?f=ndjson', 200],
  ['get', '/v1/ingest/objects', '/v1/ingest/objects?state=gone', 400],
  ['post', '/v1/ingest/objects/retry', '/v1/ingest/objects/retry?bucket=doc&key=missing', 200],
  ['post', '/v1/ingest/objects/retry', '/v1/ingest/objects/retry?bucket=doc&key=read', 409],
  ['post', '/v1/ingest/objects/retry', '/v1/ingest/objects/retry?bucket=doc&key=none', 404],
  ['get', '/v1/ingest/trace', '/v1/ingest/trace?vehicle=doc_1&version=1', 200],
  ['get', '/v1/ingest/trace', '/v1/ingest/trace?vehicle=doc_1&version=999999', 404],
  ['get', '/v1/ingest/trace', '/v1/ingest/trace?vehicle=doc_1', 400],
  ['get', '/v1/trips', '/v1/trips', 200],
  ['get', '/v1/trips', '/v1/trips?f=geojson', 200],
  ['get', '/v1/trips', '/v1/trips?f=csv', 200],
  ['get', '/v1/trips', '/v1/trips?f=ndjson', 200],
  ['get', '/v1/trips', '/v1/trips?from=today', 400],
  ['get', '/v1/trips', '/v1/trips?f=gpx', 406],
  ['get', '/v1/stops', '/v1/stops', 200],
  ['get', '/v1/stops', '/v1/stops?f=geojson', 200],
  ['get', '/v1/stops', '/v1/stops?f=csv', 200],
  ['get', '/v1/stops', '/v1/stops?f=ndjson', 200],
  ['get', '/v1/stops', '/v1/stops?driver=Ann', 400],
  ['get', '/v1/stops', '/v1/stops?f=gpx', 406],
  ['get', '/v1/speeding/episodes', '/v1/speeding/episodes?range=last_7_days', 200],
  ['get', '/v1/speeding/episodes', '/v1/speeding/episodes?range=last_7_days&f=geojson', 200],
  ['get', '/v1/speeding/episodes', '/v1/speeding/episodes?range=last_7_days&f=csv', 200],
  ['get', '/v1/speeding/episodes', '/v1/speeding/episodes?range=last_7_days&f=ndjson', 200],
  ['get', '/v1/speeding/episodes', '/v1/speeding/episodes?tz=Moon', 400],
  ['get', '/v1/speeding/episodes', '/v1/speeding/episodes?f=gpx', 406],
  ['get', '/v1/speeding/episodes/{id}', '/v1/speeding/episodes/EPISODE', 200],
  ['get', '/v1/speeding/episodes/{id}', '/v1/speeding/episodes/EPISODE?f=geojson', 200],
  ['get', '/v1/speeding/episodes/{id}', '/v1/speeding/episodes/999999', 404],
  ['patch', '/v1/speeding/episodes/{id}', '/v1/speeding/episodes/EPISODE', 415],
  ['get', '/v1/speeding/report', '/v1/speeding/report?range=last_7_days', 200],
  ['get', '/v1/speeding/report', '/v1/speeding/report?range=last_7_days&group_by=driver', 200],
  ['get', '/v1/speeding/report', '/v1/speeding/report?range=this_month&group_by=day&tz=Europe/Berlin', 200],
  ['get', '/v1/speeding/report', '/v1/speeding/report?f=csv', 200],
  ['get', '/v1/speeding/report', '/v1/speeding/report?f=ndjson', 200],
  ['get', '/v1/speeding/report', '/v1/speeding/report?f=sql', 200],
  ['get', '/v1/speeding/report', '/v1/speeding/report?group_by=fleet', 400],
  ['get', '/v1/speeding/report', '/v1/speeding/report?f=geojson', 406],
  ['get', '/v1/alerts', '/v1/alerts?state=open', 200],
  ['get', '/v1/alerts', '/v1/alerts?f=csv', 200],
  ['get', '/v1/alerts', '/v1/alerts?f=ndjson', 200],
  ['get', '/v1/alerts', '/v1/alerts?kind=fire', 400],
  ['get', '/v1/alerts/{id}', '/v1/alerts/1', 200],
  ['get', '/v1/alerts/{id}', '/v1/alerts/99', 404],
  ['post', '/v1/alerts/{id}/acknowledge', '/v1/alerts/1/acknowledge', 200],
  ['post', '/v1/alerts/{id}/acknowledge', '/v1/alerts/99/acknowledge', 404],
  ['post', '/v1/alerts/{id}/assign', '/v1/alerts/1/assign', 415],
  ['post', '/v1/alerts/{id}/note', '/v1/alerts/1/note', 415],
  ['post', '/v1/alerts/{id}/mute', '/v1/alerts/1/mute', 415],
  ['get', '/v1/alerts/deliveries', '/v1/alerts/deliveries', 200],
  ['get', '/v1/alerts/deliveries', '/v1/alerts/deliveries?state=lost', 400],
  ['get', '/v1/mutes', '/v1/mutes', 200],
  ['post', '/v1/mutes', '/v1/mutes', 415],
  ['delete', '/v1/mutes/{id}', '/v1/mutes/99', 404],
  ['get', '/v1/channels', '/v1/channels', 200],
  ['get', '/v1/channels/{name}', '/v1/channels/none', 404],
  ['put', '/v1/channels/{name}', '/v1/channels/none', 415],
  ['delete', '/v1/channels/{name}', '/v1/channels/none', 404],
  ['post', '/v1/channels/{name}/test', '/v1/channels/none/test', 404],
  ['get', '/v1/alert-policies', '/v1/alert-policies', 200],
  ['get', '/v1/alert-policies/{name}', '/v1/alert-policies/none', 404],
  ['put', '/v1/alert-policies/{name}', '/v1/alert-policies/none', 415],
  ['delete', '/v1/alert-policies/{name}', '/v1/alert-policies/none', 404],
  ['get', '/v1/speeding/pack', '/v1/speeding/pack?range=last_7_days', 200],
  ['get', '/v1/speeding/pack', '/v1/speeding/pack?limit=5', 400],
  ['get', '/v1/speeding/settings', '/v1/speeding/settings', 200],
  ['get', '/v1/speeding/settings', '/v1/speeding/settings?x=1', 400],
  ['put', '/v1/speeding/settings', '/v1/speeding/settings', 415],
  ['get', '/v1/page', '/v1/page', 200],
  ['post', '/ingest/iot', '/ingest/iot', 401],
  ['post', '/ingest/sns', '/ingest/sns', 400],
  ['post', '/ingest/s3', '/ingest/s3', 401],
  ['post', '/ingest/firehose', '/ingest/firehose', 401],
  ['get', '/ingest/s3', '/ingest/s3', 200],
  ['get', '/openapi.json', '/openapi.json', 200],
  ['get', '/docs', '/docs', 200],
  ['get', '/docs.js', '/docs.js', 200],
  ['get', '/docs.css', '/docs.css', 200],
  ['get', '/', '/', 200],
  ['get', '/static/{file}', '/static/nothing-0.js', 404],
];

for (const [method, pattern, target, status] of REQUESTS) {
  test(`${method} ${target.replace(/=\d{4}-[^&]*/, '=..')} answers ${status} as written`, async () => {
    const response = resolve(api.paths[pattern][method].responses[status]);
    assert.ok(response, `${status} is not documented`);
    const url = target.includes('EPISODE') ? target.replace('EPISODE', String(await episodeOfDoc0())) : target;
    const answer = await program.get(url, { method: method.toUpperCase() });
    assert.equal(answer.status, status, answer.text);
    if (!response.content) {
      assert.equal(answer.text, '');
      return;
    }
    const type = answer.headers.get('content-type').split(';')[0];
    const media = response.content[type];
    assert.ok(media, `${type} is not documented`);
    if (media.schema?.$ref && answer.body !== null) {
      const validate = ajv.compile({ $ref: media.schema.$ref.replace('#', 'api#') });
      assert.ok(validate(answer.body), JSON.stringify(validate.errors, null, 1));
    }
    for (const name of Object.keys(response.headers ?? {}).filter((header) => header === 'ETag')) {
      assert.ok(answer.headers.get(name));
    }
  });
}

test('what an event answers is as written', async () => {
  const answer = await program.post(iotEvent({ vehicle: 'doc_0', version: 500, seconds: NOW }));
  const validate = ajv.compile({ $ref: 'api#/components/schemas/Delivery' });
  assert.ok(validate(answer.body), JSON.stringify(validate.errors));
});

test('every documented route is called here', () => {
  const called = new Set(REQUESTS.map(([method, pattern]) => `${method} ${pattern}`));
  const missing = Object.entries(api.paths).filter(([, item]) => !item.servers)
    .flatMap(([pattern, item]) => METHODS.filter((method) => item[method]).map((method) => `${method} ${pattern}`))
    .filter((route) => !called.has(route) && !route.includes('/tiles/'));
  assert.deepEqual(missing, []);
});

test('the page of the documentation keeps to the content security policy', async () => {
  const page = await program.get('/docs');
  assert.ok(page.headers.get('content-security-policy'));
  assert.doesNotMatch(page.text, /<script(?![^>]*src=)|style=|onclick=|https?:\/\/(?!www\.w3)/);
  for (const name of ['u8', 'removed_count', 'sent_at_ms', '65535', '-32768']) {
    assert.ok(page.text.includes(name));
  }
});
