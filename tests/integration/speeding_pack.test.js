// GET /v1/speeding/pack: the files, the manifest, and a verifier that uses nothing of ours.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { execFile, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { promisify } from 'node:util';

import { Program, makeDataFolder } from './support/program.js';
import { plantBreadcrumbs, plantDays, plantDrivers, plantEpisodes, plantVehicles } from './support/speeding_rows.js';
import { verify } from '../verify_pack.mjs';

const program = new Program();
const folder = makeDataFolder();
const PACK = '/v1/speeding/pack?from=2026-03-01&to=2026-04-01&tz=Europe/Berlin';
const RAW = { 'fleet/a.json': '{"raw":"a"}', 'fleet/dt=2026/b c.json.gz': 'not really gzip' };

async function pack(query = '') {
  const answer = await fetch(`${program.base}${PACK}${query}`);
  return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) };
}

function fileOf(bytes, name) {
  const file = path.join(folder, 'pack.zip');
  fs.writeFileSync(file, bytes);
  return execFileSync('python3', ['-c', 'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; sys.stdout.buffer.write(z.read(sys.argv[2]))',
    file, name], { encoding: 'utf8' });
}

before(async () => {
  await program.start();
  await plantVehicles(program, ['pack_1', 'pack_2', 'other']);
  await plantDrivers(program, [{ id: 7, name: 'Ann <b>&"' }]);
  await plantDays(program, [{ vehicle: 'pack_1', day: '2026-03-10', driver: 7, km: 200, knownKm: 150, hours: 4 }, { vehicle: 'pack_2', day: '2026-03-11', km: 100 },
    { vehicle: 'other', day: '2026-02-11', km: 100 }]);
  await plantEpisodes(program, [
    { vehicle: 'pack_1', at: '2026-03-10T10:00:00Z', driver: 7, excess: 30, rules: 3 },
    { vehicle: 'pack_1', at: '2026-03-10T11:00:00Z', driver: 7, excess: 12 },
    { vehicle: 'pack_1', at: '2026-03-10T12:00:00Z', driver: 7, excess: 12, gap: 90, seconds: 100, quality: 2 },
    { vehicle: 'pack_2', at: '2026-03-31T21:59:59Z', excess: 44 },
    { vehicle: 'pack_2', at: '2026-03-31T22:00:00Z', excess: 44 },
  ]);
  const s3 = (key) => ({ filenm: `s3://raw-bucket/${key}` });
  await plantBreadcrumbs(program, [
    ...[0, 5, 10].map((second) => ({ vehicle: 'pack_1', at: new Date(Date.parse('2026-03-10T10:00:00Z') + second * 1000).toISOString(), extra: s3('fleet/a.json') })),
    { vehicle: 'pack_1', at: '2026-03-10T10:00:15Z', extra: s3('fleet/dt=2026/b c.json.gz') },
    { vehicle: 'pack_1', at: '2026-03-10T11:00:00Z' },
    { vehicle: 'pack_1', at: '2026-03-10T11:00:10Z', extra: s3('fleet/lost.json') },
  ]);
  for (const [key, content] of Object.entries(RAW)) {
    const digest = crypto.createHash('sha256').update(content).digest('hex');
    await program.sql(`INSERT INTO ingest_object (bucket, object_key, version_key, version_id, etag, size_bytes, found_by, state, announced_at, finished_at, sha256)
      VALUES ('raw-bucket', '${key}', 'e1', 'v1', 'e1', ${content.length}, 1, 'read', now(), '2026-03-10 12:00Z', decode('${digest}', 'hex'))`);
    fs.mkdirSync(path.join(folder, 'raw-bucket', path.dirname(key)), { recursive: true });
    fs.writeFileSync(path.join(folder, 'raw-bucket', key), content);
  }
  const excused = (await program.get('/v1/speeding/episodes?from=2026-03-10T11:00:00Z&to=2026-03-10T11:30:00Z')).body.items[0];
  const review = await program.get(`/v1/speeding/episodes/${excused.id}`, { method: 'PATCH', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ review: 'excused', note: '=1+1, "quoted"\r\nand a second line' }) });
  assert.equal(review.status, 200);
});

test('a pack is what its manifest says', async () => {
  const { status, headers, bytes } = await pack();
  assert.equal(status, 200, bytes.toString());
  assert.equal(headers.get('content-type'), 'application/zip');
  assert.equal(headers.get('content-disposition'), 'attachment; filename="speeding_2026-03-01_2026-04-01.zip"');
  const manifest = verify(bytes);
  const { made_at: madeAt, files, evidence, limit_coverage: coverage, sampling, ...rest } = manifest;
  assert.ok(Date.parse(madeAt) > Date.now() - 60_000);
  assert.deepEqual(rest, {
    format: 'crumbtrail speeding pack 1', made_by: 'crumbtrail 0.1.0', from: '2026-02-28T23:00:00Z', to: '2026-03-31T22:00:00Z', previous_from: '2026-01-28T23:00:00Z',
    tz: 'Europe/Berlin', group_by: 'vehicle', tolerance_kmh: 5, min_duration_s: 10, min_samples: 2, strict: true, bands_kmh: [10, 20, 40], rule_version: 0, whole_days: false,
    vehicles: [], drivers: [], bands: ['minor', 'moderate', 'severe', 'extreme'], reviews: ['open', 'confirmed', 'excused', 'disputed'],
    episodes_counted: 2, episodes_listed: 4, episodes_strict: 2,
  });
  assert.deepEqual(coverage, { distance_km: 300, known_limit_km: 250, known_limit_share: 0.833333 });
  assert.deepEqual(sampling, { mean_interval_s: 108, duration_uncertainty_mean_s: 10, duration_uncertainty_median_s: 10, duration_uncertainty_p95_s: 10,
    episodes_of_one_breadcrumb: 0, episodes_with_a_jump: 0, episodes_with_a_gap_over_60_s: 1, episodes_with_an_estimated_limit: 0,
    per_100_km: 0.666667, per_100_km_interval_95: [0.080736, 2.408229] });
  assert.deepEqual(files.map(({ name }) => name), ['report.csv', 'episodes.csv', 'episodes.geojson', 'report.html']);
  assert.deepEqual(evidence.map(({ breadcrumbs, breadcrumbs_without_object: without, objects }) => [breadcrumbs, without, objects.map(({ object }) => object)]), [
    [4, 0, ['s3://raw-bucket/fleet/a.json', 's3://raw-bucket/fleet/dt=2026/b c.json.gz']], [2, 1, ['s3://raw-bucket/fleet/lost.json']], [0, 0, []], [0, 0, []]]);
  assert.deepEqual(evidence[0].objects[0], { object: 's3://raw-bucket/fleet/a.json', version_id: 'v1', etag: 'e1', size_bytes: 11,
    sha256: crypto.createHash('sha256').update(RAW['fleet/a.json']).digest('hex'), read_at: '2026-03-10T12:00:00Z' });
  assert.deepEqual(Object.values(evidence[1].objects[0]).slice(1), [null, null, null, null, null], 'an object that is not known is told all the same');
});

test('other readers of ZIP read it', async () => {
  const { bytes } = await pack();
  assert.equal(fileOf(bytes, 'episodes.csv'), (await program.get(`${PACK.replace('pack', 'episodes')}&f=csv`)).text);
  assert.match(fileOf(bytes, 'episodes.csv'), /,excused,"'=1\+1, ""quoted""\r\nand a second line",/);
  assert.equal(fileOf(bytes, 'report.csv'), (await program.get(`${PACK.replace('pack', 'report')}&f=csv&strict=true`)).text);
  const lines = JSON.parse(fileOf(bytes, 'episodes.geojson'));
  assert.equal(lines.features[0].geometry.type, 'LineString');
});

test('the printable report says the same, and runs nothing', async () => {
  const html = fileOf((await pack()).bytes, 'report.html');
  assert.doesNotMatch(html, /<script|<link|src=|url\(|javascript:/i);
  assert.match(html, /2026-03-01 00:00:00 to before 2026-04-01 00:00:00 \(Europe\/Berlin\)/);
  assert.match(html, /2026-03-10 11:00:00/, 'local times');
  assert.match(html, /Ann &lt;b&gt;&amp;&quot;/);
  assert.match(html, /83\.3 % of the distance/);
  assert.match(html, /0\.667 for each 100 km \(95 % interval 0\.081 to 2\.408\)/);
});

test('any changed byte is noticed', async () => {
  const { bytes } = await pack();
  const copy = Buffer.from(bytes);
  for (let at = 0; at < copy.length; at += 1) {
    copy[at] ^= 1 << (at % 8);
    assert.throws(() => verify(copy), `byte ${at} of ${copy.length}`);
    copy[at] = bytes[at];
  }
  assert.throws(() => verify(copy.subarray(0, copy.length - 1)));
  verify(copy);
});

test('raw objects are checked where they are kept', async () => {
  await program.sql("UPDATE breadcrumb SET extra = NULL WHERE extra ->> 'filenm' LIKE '%lost.json'");
  const { bytes } = await pack();
  verify(bytes, folder);
  fs.appendFileSync(path.join(folder, 'raw-bucket/fleet/a.json'), ' ');
  assert.throws(() => verify(bytes, folder), /a\.json is another/);
  const file = path.join(folder, 'shown.zip');
  fs.writeFileSync(file, bytes);
  const { stdout } = await promisify(execFile)(process.execPath, [path.resolve(import.meta.dirname ?? '.', '../verify_pack.mjs'), file]);
  assert.equal(stdout, '4 files and 4 episodes are as they were made\n');
});

test('filters hold for the whole pack', async () => {
  const one = verify((await pack('&vehicle=pack_2&strict=false')).bytes);
  assert.deepEqual([one.vehicles, one.episodes_listed, one.episodes_counted, one.strict], [['pack_2'], 1, 1, false]);
  const none = verify((await pack('&vehicle=nobody')).bytes);
  assert.deepEqual([none.episodes_listed, none.limit_coverage.known_limit_share, none.sampling.per_100_km], [0, null, null]);
});

test('HEAD, errors, and a reader that leaves', async () => {
  const head = await fetch(program.base + PACK, { method: 'HEAD' });
  assert.deepEqual([head.status, head.headers.get('content-type')], [200, 'application/zip']);
  for (const [query, name] of [['&tz2=x', 'tz2'], ['&limit=5', 'limit'], ['&band=x', 'band']]) {
    const { status, body } = await program.get(PACK + query);
    assert.deepEqual([status, body.errors[0].name], [400, name]);
  }
  // The connection of a worker whose transaction were left open would refuse the next one.
  for (let i = 0; i < 12; i += 1) {
    const controller = new AbortController();
    await fetch(program.base + PACK, { signal: controller.signal }).then(() => controller.abort());
    assert.equal((await program.get('/v1/speeding/report?range=today')).status, 200);
  }
  assert.equal((await program.sql("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' AND datname = 'crumbtrail' AND state_change < now() - interval '5 s'"))[0][0], '0');
});
