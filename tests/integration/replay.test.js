// `crumbtrail replay` of a real, dirty trace: everything is accounted for and flagged as definitions say.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { INGEST_KEY, Program, SHARED_DATA, makeDataFolder, run, skipWithoutSharedData } from './support/program.js';

const TRACE = 'traces/capmetro-austin-2017-03-21.csv';

let program;
before(async () => { program = await new Program().start(); });
after(async () => { await program?.stop(); });

function replay(file, ...more) {
  return run(['replay', file, '--speed', '0', '--to', `${program.base}/ingest/iot`, '--ingest-key', INGEST_KEY, ...more]);
}

async function count(condition) {
  return Number((await program.sql(`SELECT count(*) FROM breadcrumb WHERE ${condition}`))[0][0]);
}

test('the Austin trace: sent = stored + duplicates + rejected, flags as they must be', { skip: skipWithoutSharedData(TRACE) }, async () => {
  const { code, out } = await replay(path.join(SHARED_DATA, TRACE));
  assert.equal(code, 0, out);
  assert.match(out, /rows 45386 of 329 vehicles; unreadable rows 0/);
  assert.match(out, /sent 45386 = stored 45386 \+ duplicates 0 \+ rejected 0; failed 0/);
  assert.equal(await count('true'), 45386);
  assert.equal(await count('flags & 4 <> 0'), 7, 'speed_implausible');
  assert.equal(await count('flags & 2 <> 0'), 0, 'future');
  const rows = fs.readFileSync(path.join(SHARED_DATA, TRACE), 'utf8').trimEnd().split('\n').slice(1).map((row) => row.split(','));
  const nullIsland = rows.filter((row) => Math.abs(Number(row[5])) < 0.01 && Math.abs(Number(row[6])) < 0.01).length;
  assert.ok(nullIsland > 0);
  assert.equal(await count('flags & 1 <> 0'), nullIsland, 'null_island');
  assert.equal(await count('flags & 8 <> 0'), 0, 'jump: the fastest between two fixes that are not at 0,0 is 120 km/h');
  assert.equal(await count('round(speed_kmh) = 410'), 7, '255 mph is kept as it came');
  const [[shown]] = await program.sql('SELECT count(*) FROM position WHERE st_y(geom) BETWEEN 29 AND 32');
  const [[all]] = await program.sql('SELECT count(*) FROM position');
  assert.equal(shown, all, 'nothing flagged moves the live marker');
});

test('the same trace again changes nothing', { skip: skipWithoutSharedData(TRACE) }, async () => {
  const { code, out } = await replay(path.join(SHARED_DATA, TRACE), '--batch', '10');
  assert.equal(code, 0, out);
  assert.match(out, /sent 45386 = stored 0 \+ duplicates 45386 \+ rejected 0; failed 0/);
  assert.equal(await count('true'), 45386);
});

test('rows that cannot be read are named, others are sent', async () => {
  const file = path.join(makeDataFolder(), 'trace.csv');
  fs.writeFileSync(file, 'timestamp,vehicle_id,longitude,latitude\n2026-01-05T10:00:00Z,r1,-122.6,45.5\nnever,r1,-122.6,45.5\n'
    + '2026-01-05T10:01:00Z,r1,-122.6,45.5\n');
  const { code, out, err } = await replay(file);
  assert.equal(code, 0, out + err);
  assert.match(err, /trace\.csv:3: timestamp/);
  assert.match(out, /rows 2 of 1 vehicles; unreadable rows 1/);
  assert.match(out, /sent 2 = stored 2/);
});

test('at its own pace, times --speed', async () => {
  const file = path.join(makeDataFolder(), 'pace.csv');
  fs.writeFileSync(file, 'timestamp,vehicle_id,longitude,latitude\n2026-01-05T10:00:00Z,p1,1,1\n2026-01-05T10:01:00Z,p1,1,1\n');
  const began = Date.now();
  const { code } = await run(['replay', file, '--speed', '60', '--to', '-']);
  assert.equal(code, 0);
  const took = Date.now() - began;
  assert.ok(took >= 1000 && took < 20_000, `${took} ms`);
});

test('no file, no trace, no target: said in a sentence', async () => {
  assert.match((await replay('/nowhere.csv')).err, /cannot open \/nowhere\.csv/);
  assert.match((await run(['replay', 'x.csv', '--to', 'ftp://bucket/'])).err, /--to: ftp:\/\/bucket\/ is not an http/);
});
