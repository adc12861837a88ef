// Turns Natural Earth's 1:50m land and borders (npm world-atlas) into the small file that outline_layer.js draws.
// Coordinates are hundredths of a degree; each line is a flat list: first point, then differences.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { feature, mesh } from 'topojson-client';

const unitsPerDegree = 100;
const require = createRequire(import.meta.url);

/** @returns {Promise<string>} JSON: {"units_per_degree", "land": rings, "borders": lines} */
export async function makeOutlines() {
  const atlas = JSON.parse(await readFile(require.resolve('world-atlas/countries-50m.json'), 'utf8'));
  /** @type {any} */
  const land = feature(atlas, atlas.objects.land);
  const rings = land.features.flatMap((/** @type {any} */ item) => ringsOf(item.geometry));
  const borders = mesh(atlas, atlas.objects.countries, (a, b) => a !== b).coordinates;
  return JSON.stringify({
    units_per_degree: unitsPerDegree,
    land: rings.map(unwrapRing).map(pack).filter((/** @type {number[]} */ line) => line.length >= 8),
    borders: borders.map(unwrap).map(pack).filter((/** @type {number[]} */ line) => line.length >= 4),
  });
}

/** @param {any} geometry @returns {number[][][]} */
function ringsOf(geometry) {
  return geometry.type === 'Polygon' ? geometry.coordinates : geometry.coordinates.flat();
}

/** Lines over the antimeridian go on beyond 180 degrees instead of jumping round the world.
 * @param {number[][]} line */
function unwrap(line) {
  let turns = 0;
  return line.map(([lon, lat], at) => {
    if (at > 0) turns -= Math.round((lon - line[at - 1][0]) / 360);
    return [lon + turns * 360, lat];
  });
}

/** A ring that goes once round the world (Antarctica) is closed over the pole. @param {number[][]} ring */
function unwrapRing(ring) {
  const open = unwrap(ring);
  const first = open[0];
  const last = open[open.length - 1];
  if (Math.abs(last[0] - first[0]) < 1) return open;
  return [...open, [last[0], -90], [first[0], -90], first];
}

/** @param {number[][]} line */
function pack(line) {
  /** @type {number[]} */
  const packed = [];
  let lastX = 0;
  let lastY = 0;
  for (const [lon, lat] of line) {
    const x = Math.round(lon * unitsPerDegree);
    const y = Math.round(lat * unitsPerDegree);
    if (packed.length && x === lastX && y === lastY) continue;
    packed.push(x - lastX, y - lastY);
    lastX = x;
    lastY = y;
  }
  return packed;
}
