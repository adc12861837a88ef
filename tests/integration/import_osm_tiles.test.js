// `crumbtrail import-osm` and the tiles that are drawn from it.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { Program, SHARED_DATA, makeDataFolder, run, skipWithoutSharedData } from './support/program.js';

const PORTLAND = 'osm/portland.osm.pbf';
const LIECHTENSTEIN = 'osm/liechtenstein.osm.pbf';
const skip = skipWithoutSharedData(PORTLAND);

let program;
before(async () => { program = await new Program().start(); });
after(async () => { await program?.stop(); });

function importOsm(file) {
  return run(['import-osm', file, '--data', program.data]);
}

async function count(table) {
  return Number((await program.sql(`SELECT count(*) FROM ${table}`))[0][0]);
}

/** Column and row of a place at a zoom. */
function tileOf(lon, lat, zoom) {
  const size = 2 ** zoom;
  const y = (1 - Math.asinh(Math.tan(lat * Math.PI / 180)) / Math.PI) / 2;
  return `/tiles/${zoom}/${Math.floor((lon + 180) / 360 * size)}/${Math.floor(y * size)}.mvt`;
}

async function tile(target, headers = {}) {
  const answer = await fetch(program.base + target, { headers });
  return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) };
}

/** Names of the layers: field 3 of the tile, field 1 of each layer. */
function layers(bytes) {
  const names = [];
  const varint = (at) => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return [value, at];
    }
  };
  for (let at = 0; at < bytes.length;) {
    let [tag, next] = varint(at);
    assert.equal(tag, 3 << 3 | 2);
    let [length, start] = varint(next);
    for (let inner = start; inner < start + length;) {
      [tag, next] = varint(inner);
      const [size, data] = varint(next);
      if ((tag & 7) === 2) {
        if (tag >> 3 === 1) names.push(bytes.toString('utf8', data, data + size));
        inner = data + size;
      } else {
        inner = data;
      }
    }
    at = start + length;
  }
  return names;
}

test('before anything was imported: no tile, and none out of range', async () => {
  assert.equal((await tile('/tiles/12/651/1465.mvt')).status, 204);
  assert.equal((await tile('/tiles/16/0/0.mvt')).status, 404);
  assert.equal((await tile('/tiles/3/8/0.mvt')).status, 404);
  assert.equal((await tile('/tiles/3/x/0.mvt')).status, 400);
  assert.equal((await tile('/tiles/3/1/0.mvt?style=dark')).status, 400);
});

test('Portland beside the running server: roads as tagged, tiles, and what the page is told', { skip }, async () => {
  const { code, out, err } = await importOsm(path.join(SHARED_DATA, PORTLAND));
  assert.equal(code, 0, out + err);
  assert.match(out, /Imported 4494 roads, 7088 lines/);
  assert.match(out, /Roads are 9570 segments between junctions, 809 km; 6341 of them, 603 km \(75 %\), have a posted limit/);
  assert.match(out, /Limits not used: 1 conditional \(at certain times\), 0 variable, 0 "none" \(no limit\), 0 unreadable/);
  assert.ok(Number((await program.sql("SELECT count(*) FROM road WHERE maxspeed LIKE '%mph'"))[0][0]) > 1500);
  assert.ok(Number((await program.sql('SELECT count(*) FROM road WHERE oneway = 1'))[0][0]) > 100);
  assert.equal(await count("pg_namespace WHERE nspname = 'osm_import'"), 0);
  const page = await program.get('/v1/page');
  assert.equal(page.body.vector_tiles, true);
  assert.ok(page.body.vector_bounds[0] < -122.68 && page.body.vector_bounds[2] > -122.68);
  assert.match(page.body.vector_attribution, /OpenStreetMap contributors/);

  await new Promise((resolve) => { setTimeout(resolve, 1100); }); /* the generation is looked at once a second */
  const target = tileOf(-122.66, 45.52, 14);
  const drawn = await tile(target);
  assert.equal(drawn.status, 200);
  assert.equal(drawn.headers.get('content-type'), 'application/vnd.mapbox-vector-tile');
  assert.match(drawn.headers.get('cache-control'), /max-age/);
  assert.deepEqual(layers(drawn.bytes).filter((name) => ['earth', 'roads'].includes(name)), ['earth', 'roads']);
  const again = await tile(target, { 'if-none-match': drawn.headers.get('etag') });
  assert.equal(again.status, 304);
  assert.deepEqual((await tile(target)).bytes, drawn.bytes);
  assert.equal((await tile(target, { 'accept-encoding': 'gzip' })).headers.get('content-encoding'), 'gzip');
  assert.equal((await tile('/tiles/14/0/0.mvt')).status, 204);
});

test('simulated vehicles follow the imported roads', { skip }, async () => {
  const { code, out, err } = await run(['simulate', '--vehicles', '10', '--move', '60', '--interval', '5', '--to', '-', '--data',
    program.data]);
  assert.equal(code, 0);
  assert.match(err, /follow the imported roads/);
  const points = out.trimEnd().split('\n').map((line) => JSON.parse(line).current.state.reported.location)
    .map(({ lat, lon }) => `st_point(${lon}, ${lat}, 4326)`);
  const [[far]] = await program.sql(`SELECT count(*) FROM unnest(ARRAY[${points.join(',')}]) p
    WHERE NOT EXISTS (SELECT 1 FROM road WHERE geom && st_expand(p, 0.001) AND st_distance(geom::geography, p::geography) < 12)`);
  assert.equal(far, '0');
});

test('an import that fails leaves the old roads', { skip }, async () => {
  const cut = path.join(makeDataFolder(), 'cut.osm.pbf');
  fs.writeFileSync(cut, fs.readFileSync(path.join(SHARED_DATA, PORTLAND)).subarray(0, 200_000));
  const failed = await importOsm(cut);
  assert.equal(failed.code, 1);
  assert.match(failed.err, /osm2pgsql failed/);
  assert.equal(await count('road'), 4494);
  const wrong = await importOsm(path.join(SHARED_DATA, 'README.md'));
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /not an OpenStreetMap file in PBF format/);
  assert.match((await importOsm('/nowhere.osm.pbf')).err, /cannot open \/nowhere\.osm\.pbf/);
  const bare = await run(['import-osm', path.join(SHARED_DATA, PORTLAND), '--data', program.data], { env: { PATH: '/nowhere' } });
  assert.match(bare.err, /osm2pgsql is not installed/);
});

test('the same import again changes no segment; a tag does, and what depends on it is computed anew', { skip }, async () => {
  const versions = () => program.sql("SELECT subject, after->>'limits' FROM rule_change WHERE kind = 'road' ORDER BY version");
  assert.deepEqual(await versions(), [['import of portland.osm.pbf', '0']]);
  await program.sql('UPDATE road_segment SET forward_kmh = 11 WHERE road_id = (SELECT min(road_id) FROM road_segment)');
  assert.equal((await importOsm(path.join(SHARED_DATA, PORTLAND))).code, 0);
  assert.deepEqual(await versions(), [['import of portland.osm.pbf', '0'], ['import of portland.osm.pbf', '1']]);
  assert.equal((await importOsm(path.join(SHARED_DATA, PORTLAND))).code, 0);
  assert.equal((await versions()).length, 2);
});

test('another import takes the place of the first', { skip: skip || skipWithoutSharedData(LIECHTENSTEIN) }, async () => {
  const { code, out, err } = await importOsm(path.join(SHARED_DATA, LIECHTENSTEIN));
  assert.equal(code, 0, out + err);
  assert.equal(await count('road'), 3479);
  await new Promise((resolve) => { setTimeout(resolve, 1100); });
  assert.equal((await tile(tileOf(-122.66, 45.52, 14))).status, 204);
  const town = await tile(tileOf(9.52, 47.14, 14));
  assert.deepEqual(layers(town.bytes), ['earth', 'landuse', 'water', 'roads', 'buildings', 'boundaries', 'places']);
});

test('without a running server the cluster is started for the import', { skip }, async () => {
  const data = makeDataFolder();
  const { code, out, err } = await run(['import-osm', path.join(SHARED_DATA, PORTLAND), '--data', data]);
  assert.equal(code, 0, out + err);
  const later = await new Program({ data }).start();
  assert.equal((await later.get('/v1/page')).body.vector_tiles, true);
  await later.stop();
});
