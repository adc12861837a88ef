// Starts the real program for a test: its own state folder with an embedded PostgreSQL, or a database given by URL, on free
// ports of 127.0.0.1. Everything is stopped and removed when the test file ends, whatever happened.
import { spawn, execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { after } from 'node:test';

const ROOT = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../../..');
export const BINARY = process.env.CRUMBTRAIL_BINARY ?? path.join(ROOT, 'build/release/crumbtrail');
export const STATIC_FOLDER = process.env.CRUMBTRAIL_STATIC_DIR ?? path.join(ROOT, 'build/release/page');
export const SHARED_DATA = path.resolve(ROOT, '../shared/data');
export const INGEST_KEY = 'integration-test-key';

const running = new Set();
const folders = new Set();

after(async () => {
  for (const program of running) {
    await program.kill();
  }
  for (const folder of folders) {
    stopLeftOverCluster(folder);
    fs.rmSync(folder, { recursive: true, force: true });
  }
});

/** A free port of the loopback interface. */
export async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** A state folder that PostgreSQL's system user can reach. */
export function makeDataFolder() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'crumbtrail-test-'));
  fs.chmodSync(folder, 0o755);
  folders.add(folder);
  return folder;
}

/** Reason to skip a test that reads ../shared/data, or false; fails instead under CI=true. */
export function skipWithoutSharedData(file) {
  if (fs.existsSync(path.join(SHARED_DATA, file))) {
    return false;
  }
  if (process.env.CI === 'true') {
    throw new Error(`${path.join(SHARED_DATA, file)} must be there under CI=true`);
  }
  return `${file} of ../shared/data is not here`;
}

export class Program {
  /** @param {{data?: string, database?: string, flags?: string[], env?: Record<string, string>}} options */
  constructor({ data = makeDataFolder(), database, flags = [], env = {} } = {}) {
    this.data = data;
    this.database = database;
    this.flags = flags;
    this.env = env;
    this.log = '';
  }

  async start({ waitReady = true, timeoutMs = 60_000 } = {}) {
    this.port ??= await freePort();
    this.adminPort ??= await freePort();
    this.base = `http://127.0.0.1:${this.port}`;
    this.admin = `http://127.0.0.1:${this.adminPort}`;
    const flags = ['serve', '--data', this.data, '--listen', `127.0.0.1:${this.port}`, '--admin-listen',
      `127.0.0.1:${this.adminPort}`, '--static-dir', STATIC_FOLDER, '--ingest-key', INGEST_KEY, ...this.flags];
    if (this.database) {
      flags.push('--database', this.database);
    }
    this.child = spawn(BINARY, flags, { env: { ...process.env, ...this.env }, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(this);
    this.exited = once(this.child, 'exit').then(([code, signal]) => {
      running.delete(this);
      this.exit = { code, signal };
      return this.exit;
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.on('data', (chunk) => { this.log += chunk; });
    }
    if (waitReady) {
      await this.ready(timeoutMs);
    }
    return this;
  }

  async ready(timeoutMs = 60_000) {
    const deadline = Date.now() + timeoutMs;
    while (Date.now() < deadline) {
      if (this.exit) {
        throw new Error(`the program ended with ${JSON.stringify(this.exit)}:\n${this.log}`);
      }
      const answer = await fetch(`${this.admin}/readyz`).catch(() => null);
      if (answer?.status === 200) {
        return;
      }
      await sleep(50);
    }
    throw new Error(`not ready after ${timeoutMs} ms:\n${this.log}`);
  }

  /** SIGTERM; resolves with the exit code. */
  async stop() {
    this.child.kill('SIGTERM');
    return (await this.exited).code;
  }

  /** kill -9; the embedded cluster is left as it is. */
  async kill() {
    if (!this.exit) {
      this.child.kill('SIGKILL');
      await this.exited;
    }
  }

  /** Posts events (an object, an array, or text as it is) and gives {status, headers, body}. */
  async post(events, { key = INGEST_KEY, headers = {}, path: target = '/ingest/iot' } = {}) {
    const answer = await fetch(this.base + target, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key === null ? {} : { 'x-ingest-key': key }), ...headers },
      body: typeof events === 'string' || events instanceof Uint8Array ? events : JSON.stringify(events),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: text === '' ? null : JSON.parse(text) };
  }

  async get(target, options = {}) {
    const answer = await fetch(this.base + target, options);
    const text = await answer.text();
    const isJson = /json/.test(answer.headers.get('content-type') ?? '') && !/ndjson/.test(answer.headers.get('content-type'));
    return { status: answer.status, headers: answer.headers, text, body: isJson && text !== '' ? JSON.parse(text) : null };
  }

  /** Value of a metric line such as crumbtrail_x_total{path="iot"}; undefined when there is none. */
  async metric(line) {
    const text = await (await fetch(`${this.admin}/metrics`)).text();
    const found = text.split('\n').find((row) => row.startsWith(`${line} `));
    return found === undefined ? undefined : Number(found.slice(line.length + 1));
  }

  /** Rows of a query as arrays of text, by psql as the cluster's own user. */
  async sql(query) {
    const target = this.database ?? `host=${path.join(this.data, 'run')} dbname=crumbtrail`;
    return psql(target, query);
  }
}

export async function psql(target, query) {
  const user = process.getuid() === 0 ? ['runuser', ['-u', 'postgres', '--', 'psql']] : ['psql', []];
  const { stdout } = await promisify(execFile)(user[0],
    [...user[1], '-X', '-q', '-A', '-t', '-F', '\t', '-v', 'ON_ERROR_STOP=1', '-d', target, '-c', query],
    { cwd: '/', maxBuffer: 64 * 1024 * 1024 });
  return stdout.split('\n').filter((line) => line !== '').map((line) => line.split('\t'));
}

/** Runs a subcommand to its end; gives {code, out, err}. */
export async function run(args, { env = {}, input, timeoutMs = 120_000 } = {}) {
  const child = spawn(BINARY, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => { out += chunk; });
  child.stderr.on('data', (chunk) => { err += chunk; });
  child.stdin.end(input);
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  const [code] = await once(child, 'close');
  clearTimeout(timer);
  return { code, out, err };
}

export function sleep(ms) {
  return new Promise((resolve) => { setTimeout(resolve, ms); });
}

/** Polls until `check` gives something truthy; throws after timeoutMs. */
export async function eventually(check, { timeoutMs = 10_000, everyMs = 50, what = 'the condition' } = {}) {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await check();
    if (value) {
      return value;
    }
    if (Date.now() > deadline) {
      throw new Error(`${what} did not come true within ${timeoutMs} ms`);
    }
    await sleep(everyMs);
  }
}

/** An update/documents event as the founding article's rule emits it. */
export function iotEvent({ vehicle = 'iotfleet_test_1', version = 1, seconds = Math.floor(Date.now() / 1000), lat = 45.52,
  lon = -122.68, speed = '45', heading = 'S', ignition = '1', more = {} } = {}) {
  const reported = { thingName: vehicle, location: { lat, lon }, speed, heading, ignition, ...more };
  const stamp = { timestamp: seconds };
  const metadata = Object.fromEntries(Object.keys(reported).map((key) => [key, key === 'location' ? { lat: stamp, lon: stamp } : stamp]));
  return {
    thingnm: vehicle,
    thetopic: `$aws/things/${vehicle}/shadow/update/documents`,
    previous: { state: { reported }, metadata: { reported: metadata }, version: version - 1 },
    current: { state: { reported }, metadata: { reported: metadata }, version },
    timestamp: seconds,
  };
}

function stopLeftOverCluster(folder) {
  const pidFile = path.join(folder, 'postgres', 'postmaster.pid');
  try {
    const pid = Number(fs.readFileSync(pidFile, 'utf8').split('\n')[0]);
    process.kill(pid, 'SIGQUIT');
    for (let tries = 0; tries < 100 && fs.existsSync(pidFile); tries += 1) {
      execFileSync('sleep', ['0.05']);
    }
  } catch {
    // No cluster was left.
  }
}
