// What an update costs the browser's main thread, for 10,000 and 100,000 vehicles that all move once a second,
// beside what the simplest page costs in the same run: one that only decodes the same frames and puts a picture of the same size,
// on its main thread.
// Run: node tests/bench/page/bench.js   (after npm ci in tests/browser and a built page). CPU time, not wall time.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const support = new URL('../../browser/support/', import.meta.url);
const { launchBrowser, openPage } = await import(new URL('browser.js', support).href);
const { MockFleet } = await import(new URL('mock_fleet.js', support).href);
const { MockServer } = await import(new URL('mock_server.js', support).href);
const { pageDir } = await import(new URL('server.js', support).href);

const UPDATES = Number(process.env.BENCH_UPDATES ?? 15);
const WARM_UP_MS = Number(process.env.BENCH_WARM_UP_MS ?? 8000);
/** Of the clock in /proc/PID/task/TID/stat. */
const MS_A_TICK = 10;
const GOALS_MS = { 10000: 5, 100000: 12 };
const GOAL_FIRST_LOAD_BYTES = 150000;

/** What the page costs an update, everything it does in the meantime counted in: CPU milliseconds and memory of the main thread and of the worker.
 * The comparison has no worker. */
async function measure(browser, server, url, prepare) {
  const { page, context } = await openPage(browser);
  const session = await context.newCDPSession(page);
  const worker = await watchWorker(session);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const read = async (wanted) => (await session.send('Performance.getMetrics')).metrics.find(({ name }) => name === wanted).value;
  const readAll = async () => ({ mainMs: 1000 * (await read('TaskDuration')), workerMs: await workerCpuMs(browser), seq: server.seq });
  await page.goto(url);
  if (prepare) await page.evaluate(prepare);
  await page.waitForTimeout(WARM_UP_MS);
  const before = await readAll();
  await page.waitForTimeout(UPDATES * 1000);
  const after = await readAll();
  const heapMb = (await read('JSHeapUsedSize')) / 1e6;
  const workerHeapMb = (await worker.heapBytes()) / 1e6;
  await context.close();
  const updates = after.seq - before.seq;
  return { updates, heapMb, workerHeapMb, mainMs: (after.mainMs - before.mainMs) / updates, workerMs: (after.workerMs - before.workerMs) / updates };
}

/** The worker's heap with its array buffers, by way of the debugger. */
async function watchWorker(session) {
  let sessionId = '';
  session.on('Target.attachedToTarget', (event) => event.targetInfo.type === 'worker' && (sessionId = event.sessionId));
  await session.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  const heapBytes = async () => {
    if (!sessionId) return 0;
    const answered = new Promise((resolve) => session.on('Target.receivedMessageFromTarget', ({ message }) => JSON.parse(message).id === 1 && resolve(JSON.parse(message))));
    await session.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id: 1, method: 'Runtime.getHeapUsage' }) });
    const { result } = await answered;
    return result.usedSize + (result.backingStorageSize ?? 0);
  };
  return { heapBytes };
}

/** CPU time of all threads of dedicated workers so far; the page under measurement has the only one. */
async function workerCpuMs(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  let ticks = 0;
  for (const { id } of processInfo.filter(({ type }) => type === 'renderer')) {
    for (const thread of await readdir(`/proc/${id}/task`).catch(() => [])) ticks += await workerThreadTicks(`/proc/${id}/task/${thread}`);
  }
  return ticks * MS_A_TICK;
}

async function workerThreadTicks(dir) {
  const stat = await readFile(join(dir, 'stat'), 'utf8').catch(() => '');
  const [, name, rest] = /^\d+ \((.*)\) (.*)$/s.exec(stat) ?? [null, '', ''];
  if (!name.startsWith('DedicatedWorker')) return 0;
  const fields = rest.split(' ');
  return Number(fields[11]) + Number(fields[12]);
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
    const isGood = real.mainMs <= GOALS_MS[vehicles];
    missed ||= !isGood;
    console.log(`${vehicles} vehicles, ${real.updates} updates:
  main thread: ${real.mainMs.toFixed(2)} ms CPU an update (goal ${GOALS_MS[vehicles]}, ${isGood ? 'reached' : 'MISSED'}), heap ${real.heapMb.toFixed(1)} MB
  worker:      ${real.workerMs.toFixed(2)} ms CPU an update, heap with its buffers ${real.workerHeapMb.toFixed(1)} MB
  comparison, decode and putImageData on the main thread alone: ${ceiling.mainMs.toFixed(2)} ms CPU an update`);
  }
  await browser.close();
  process.exitCode = missed ? 1 : 0;
}

await main();
