// Starts what the browser tests look at: the real program with a simulated fleet, or with CRUMBTRAIL_MOCK=1 the mock server.
// CRUMBTRAIL_BINARY names the program, CRUMBTRAIL_PAGE the built page; defaults are the project's build folders.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MockFleet } from './mock_fleet.js';
import { MockServer } from './mock_server.js';

export const isMock = process.env.CRUMBTRAIL_MOCK === '1';
export const VEHICLES = 15;
const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
export const INGEST_KEY = 'browser-tests-key-0123456789abcdef';
const READY_MS = 120000;

/** The page as `node build.js` left it. */
export function pageDir() {
  const candidates = [process.env.CRUMBTRAIL_PAGE, join(root, 'build/release/page'), join(root, 'static/build/page')];
  const found = candidates.find((dir) => dir && existsSync(join(dir, 'index.html')));
  if (!found) throw new Error('no built page: run "node build.js build/page" in static/, or set CRUMBTRAIL_PAGE');
  return resolve(found);
}

/**
 * @typedef {object} RunningServer
 * @property {string} url
 * @property {(pauseMs?: number) => Promise<void>} restart stops it, waits, and starts it on the same port with the same data
 * @property {() => Promise<void>} stop
 */

/** @returns {Promise<RunningServer>} */
export function startServer() {
  return isMock ? startMock() : startReal();
}

/** @returns {Promise<RunningServer>} */
async function startMock() {
  const server = new MockServer({ pageDir: pageDir(), fleet: new MockFleet({ vehicles: VEHICLES, allMoving: true }) });
  await server.start(0);
  return {
    url: `http://127.0.0.1:${server.port}/`,
    restart: async (pauseMs = 1500) => {
      await server.stop();
      await sleep(pauseMs);
      await server.start();
    },
    stop: () => server.stop(),
  };
}

/** The real program with a simulated fleet. @param {{osmFile?: string, settings?: string[]}} [options] osmFile: roads to import first
 * @returns {Promise<RunningServer>} */
export async function startReal({ osmFile, settings = [] } = {}) {
  const dataDir = await makeDataDir();
  const [port, adminPort] = [await freePort(), await freePort()];
  const start = () => startProgram(dataDir, port, adminPort, settings);
  if (osmFile) await importRoads(dataDir, osmFile);
  let program = await start();
  const simulator = startSimulator(dataDir, port);
  await wholeFleetReports(port); /* the page's first view fits the fleet as it is when the page is opened */
  return {
    url: `http://127.0.0.1:${port}/`,
    restart: async (pauseMs = 1500) => {
      await stopProcess(program);
      await sleep(pauseMs);
      program = await start();
    },
    stop: async () => {
      await stopProcess(simulator);
      await stopProcess(program);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Started by root, the program runs PostgreSQL as another user, who must be able to pass through. */
async function makeDataDir() {
  const dataDir = await mkdtemp(join(tmpdir(), 'crumbtrail-browser-'));
  await chmod(dataDir, 0o711);
  return dataDir;
}

function binary() {
  return resolve(root, process.env.CRUMBTRAIL_BINARY ?? 'build/release/crumbtrail');
}

async function startProgram(dataDir, port, adminPort, settings) {
  const args = ['serve', '--data', dataDir, '--listen', `127.0.0.1:${port}`, '--admin-listen', `127.0.0.1:${adminPort}`, '--static-dir', pageDir(), '--ingest-key', INGEST_KEY, ...settings];
  const program = run(args);
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline) {
    if (program.child.exitCode !== null) throw new Error(`the program ended with ${program.child.exitCode}:\n${program.output()}`);
    const answer = await fetch(`http://127.0.0.1:${adminPort}/readyz`).catch(() => null);
    if (answer?.status === 200) return program;
    await sleep(100);
  }
  await stopProcess(program);
  throw new Error(`the program was not ready in time:\n${program.output()}`);
}

async function wholeFleetReports(port) {
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline) {
    const answer = await fetch(`http://127.0.0.1:${port}/v1/positions/latest`);
    if ((await answer.json()).items.length >= VEHICLES) return;
    await sleep(100);
  }
  throw new Error('the simulated fleet did not report in time');
}

async function importRoads(dataDir, osmFile) {
  const program = run(['import-osm', osmFile, '--data', dataDir]);
  const [code] = await once(program.child, 'exit');
  if (code !== 0) throw new Error(`the roads could not be imported:\n${program.output()}`);
}

function startSimulator(dataDir, port) {
  return run(['simulate', '--data', dataDir, '--to', `http://127.0.0.1:${port}/ingest/iot`, '--ingest-key', INGEST_KEY, '--new',
    '--vehicles', String(VEHICLES), '--move', '1000', '--interval', '1', '--seed', '7']);
}

function run(args) {
  const child = spawn(binary(), args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output = (output + data).slice(-8000)));
  child.on('error', (error) => (output += error.message));
  return { child, output: () => output };
}

async function stopProcess({ child }) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 15000);
  await ended;
  clearTimeout(timer);
}

export async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (probe.address());
  probe.close();
  await once(probe, 'close');
  return port;
}

/** @param {number} ms */
export function sleep(ms) {
  return new Promise((done) => setTimeout(done, ms));
}
