#!/usr/bin/env node
// Checks an insurance pack with nothing but Node.js: no byte of it was changed, its files are those of its manifest, and their
// numbers agree. With a folder that holds raw objects as BUCKET/KEY, they must be those that the episodes came in.
//   node tests/verify_pack.mjs PACK.zip|- [FOLDER]
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import zlib from 'node:zlib';

const sha256 = (bytes) => crypto.createHash('sha256').update(bytes).digest('hex');

/** The files of a ZIP, by name; its comment must be the digest of every byte before it. */
function unpack(zip) {
  const end = zip.length - 22 - 'sha256:'.length - 64;
  assert.equal(zip.readUInt32LE(end), 0x06054b50, 'no end of a pack');
  assert.equal(zip.subarray(end + 22).toString('latin1'), `sha256:${sha256(zip.subarray(0, end + 22))}`, 'a byte was changed');
  const files = new Map();
  for (let at = zip.readUInt32LE(end + 16); at < end; at += 46 + zip.readUInt16LE(at + 28) + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)) {
    const local = zip.readUInt32LE(at + 42);
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const packed = zip.subarray(start, start + zip.readUInt32LE(at + 20));
    const name = zip.subarray(at + 46, at + 46 + zip.readUInt16LE(at + 28)).toString();
    files.set(name, zip.readUInt16LE(at + 10) === 8 ? zlib.inflateRawSync(packed) : packed);
  }
  return files;
}

/** Rows of a CSV file as objects. */
function rowsOf(csv) {
  const lines = csv.toString().match(/(?:"(?:[^"]|"")*"|[^"\r\n])+(?=\r\n)/g);
  const [header, ...rows] = lines.map((line) => [...line.matchAll(/(?:^|,)("(?:[^"]|"")*"|[^,]*)/g)].map(([, cell]) => cell));
  return rows.map((cells) => Object.fromEntries(header.map((name, i) => [name, cells[i]])));
}

/** Throws where something is wrong; gives the manifest. `folder`: where raw objects are, as BUCKET/KEY. */
export function verify(zip, folder) {
  const files = unpack(zip);
  const manifest = JSON.parse(files.get('manifest.json'));
  assert.deepEqual([...files.keys()], [...manifest.files.map(({ name }) => name), 'manifest.json'], 'files that are not in the manifest');
  for (const { name, bytes, sha256: digest } of manifest.files) {
    assert.deepEqual([files.get(name).length, sha256(files.get(name))], [bytes, digest], `${name} was changed`);
  }
  const episodes = rowsOf(files.get('episodes.csv'));
  const ids = episodes.map(({ id }) => Number(id));
  assert.equal(ids.length, manifest.episodes_listed);
  assert.equal(episodes.filter(({ is_strict: strict }) => strict === 'true').length, manifest.episodes_strict);
  assert.equal(rowsOf(files.get('report.csv')).reduce((sum, row) => sum + Number(row.episodes), 0), manifest.episodes_counted);
  assert.equal(manifest.episodes_counted, manifest.strict ? manifest.episodes_strict : manifest.episodes_listed);
  assert.deepEqual(JSON.parse(files.get('episodes.geojson')).features.map(({ id }) => id), ids);
  assert.deepEqual(manifest.evidence.map(({ episode_id: id }) => id), ids);
  for (const { object, sha256: digest } of manifest.evidence.flatMap(({ objects }) => (folder ? objects : []))) {
    assert.equal(sha256(fs.readFileSync(path.join(folder, object.slice('s3://'.length)))), digest, `${object} is another`);
  }
  return manifest;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { episodes_listed: listed, files } = verify(fs.readFileSync(process.argv[2] === '-' ? 0 : process.argv[2]), process.argv[3]);
  console.log(`${files.length} files and ${listed} episodes are as they were made`);
}
