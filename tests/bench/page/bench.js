// What an update costs the browser's main thread, for 10,000 and 100,000 vehicles that all move once a second,
// beside what the simplest page costs in the same run: one that only decodes the same frames and puts a picture of the same size,
// on its main thread.
// Run: node tests/bench/page/bench.js   (after npm ci in tests/browser and a built page). CPU time, not wall time.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const support = new URL('../../browser/support/', import.meta.url);
const { launchBrowser, openPage } = await import(new URL('browser.js', support).href);
const { MockFleet } = await import(new URL('mock_fleet.js', support).href);
const { MockServer } = await import(new URL('mock_server.js', support).href);
const { pageDir } = await import(new URL('server.js', support).href);

const UPDATES = Number(process.env.BENCH_UPDATES ?? 15);
const WARM_UP_MS = Number(process.env.BENCH_WARM_UP_MS ?? 8000);
const GOALS_MS = { 10000: 5, 100000: 12 };
const GOAL_FIRST_LOAD_BYTES = 150000;

/** CPU milliseconds of the main thread an update, everything the page does in the meantime counted in. */
async function measure(browser, server, url, prepare) {
  const { page, context } = await openPage(browser);
  const session = await context.newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const read = async (wanted) => (await session.send('Performance.getMetrics')).metrics.find(({ name }) => name === wanted).value;
  await page.goto(url);
  if (prepare) await page.evaluate(prepare);
  await page.waitForTimeout(WARM_UP_MS);
  const [before, seqBefore] = [await read('TaskDuration'), server.seq];
  await page.waitForTimeout(UPDATES * 1000);
  const [after, seqAfter] = [await read('TaskDuration'), server.seq];
  const heapBytes = await read('JSHeapUsedSize');
  await context.close();
  const updates = seqAfter - seqBefore;
  return { msAnUpdate: (1000 * (after - before)) / updates, updates, heapMb: heapBytes / 1e6 };
}

/** The comparison: same socket, same bytes, one typed store and one putImageData of the page's canvas size. */
function ceilingPage() {
  const canvas = document.body.appendChild(document.createElement('canvas'));
  [canvas.width, canvas.height] = [1152, 902];
  const context = canvas.getContext('2d');
  const image = new ImageData(canvas.width, canvas.height);
  const pixels = new Int32Array(image.data.buffer);
  const store = new Int32Array(1 << 18);
  const socket = new WebSocket(`ws://${location.host}/v1/stream`, 'fleet.v1');
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => socket.send(JSON.stringify({ type: 'subscribe', format: 'binary', bbox: null, vehicles: null }));
  socket.onmessage = ({ data }) => {
    if (typeof data === 'string') return;
    const view = new DataView(data);
    const words = new Int32Array(data, 32, view.getUint32(8, true) * 6);
    for (let at = 0; at < words.length; at += 6) store[words[at] & 0x3ffff] = words[at + 1] ^ words[at + 2];
    if (view.getUint16(2, true) !== view.getUint16(4, true)) return;
    requestAnimationFrame(() => {
      pixels.fill(store[1] | 0xff000000);
      context.putImageData(image, 0, 0);
    });
  };
}

async function firstLoadBytes(dir) {
  const html = await readFile(join(dir, 'index.html'), 'utf8');
  const wanted = [...html.matchAll(/src="\/static\/([^"]+\.js)"/g)].map((match) => match[1]);
  const seen = new Set();
  let bytes = 0;
  while (wanted.length) {
    const name = wanted.pop();
    if (seen.has(name)) continue;
    seen.add(name);
    bytes += (await readFile(join(dir, 'static', `${name}.gz`))).length;
    const source = await readFile(join(dir, 'static', name), 'utf8');
    for (const match of source.matchAll(/"\/static\/(fleet_worker-[^"]+\.js)"/g)) wanted.push(match[1]);
    for (const match of source.matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g)) wanted.push(match[1]);
  }
  return bytes;
}

async function main() {
  const dir = pageDir();
  const bytes = await firstLoadBytes(dir);
  console.log(`first load: ${(bytes / 1000).toFixed(1)} kB of JavaScript, gzip (goal ${GOAL_FIRST_LOAD_BYTES / 1000})`);
  const browser = await launchBrowser();
  let missed = bytes > GOAL_FIRST_LOAD_BYTES;
  for (const vehicles of [10000, 100000]) {
    const fleet = new MockFleet({ vehicles, allMoving: true });
    const server = new MockServer({ pageDir: dir, fleet });
    const url = `http://127.0.0.1:${await server.start(0)}/`;
    const ceiling = await measure(browser, server, `${url}static/LICENSES.txt`, ceilingPage);
    const real = await measure(browser, server, url);
    await server.stop();
    const isGood = real.msAnUpdate <= GOALS_MS[vehicles];
    missed ||= !isGood;
    console.log(`${vehicles} vehicles: ${real.msAnUpdate.toFixed(2)} ms main-thread CPU an update (goal ${GOALS_MS[vehicles]}, ${isGood ? 'reached' : 'MISSED'}; `
      + `decode and putImageData on the main thread alone: ${ceiling.msAnUpdate.toFixed(2)} ms), ${real.updates} updates, heap ${real.heapMb.toFixed(1)} MB`);
  }
  await browser.close();
  process.exitCode = missed ? 1 : 0;
}

await main();
