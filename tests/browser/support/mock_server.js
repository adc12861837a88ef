// Stands in for the real program while the page is developed and in the performance bench: serves the built page under
// the real Content-Security-Policy and speaks fleet.v1. By hand: node mock_server.js PAGE_DIR [PORT] [VEHICLES]
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import { encodeFrame, MockFleet, vehiclesInside } from './mock_fleet.js';
import { makeTile } from './mock_tile.js';

const RECORDS_A_FRAME = 50000;
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json', '.svg': 'image/svg+xml', '.txt': 'text/plain' };

/** @param {string} rasterOrigin */
export function contentSecurityPolicy(rasterOrigin = '') {
  return `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:${rasterOrigin && ` ${rasterOrigin}`}; connect-src 'self'; `
    + "worker-src 'self'; font-src 'self'; manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
}

export class MockServer {
  /** @param {{pageDir: string, fleet: MockFleet, intervalMs?: number, page?: object, rasterOrigin?: string}} options */
  constructor({ pageDir, fleet, intervalMs = 1000, page = {}, rasterOrigin = '' }) {
    this.pageDir = pageDir;
    this.fleet = fleet;
    this.intervalMs = intervalMs;
    this.page = page;
    this.rasterOrigin = rasterOrigin;
    this.port = 0;
  }

  /** @param {number} port 0 for any */
  async start(port = this.port) {
    this.epoch = `mock-${Date.now()}`;
    this.seq = 1;
    this.clients = new Set();
    this.http = createServer((request, response) => void this.answer(request, response));
    this.sockets = new WebSocketServer({ server: this.http, path: '/v1/stream', handleProtocols: () => 'fleet.v1', perMessageDeflate: false });
    this.sockets.on('connection', (socket) => this.welcome(socket));
    await new Promise((resolve, reject) => this.http.once('error', reject).listen(port, '127.0.0.1', resolve));
    this.port = this.http.address().port;
    this.timer = setInterval(() => this.tick(), this.intervalMs);
    return this.port;
  }

  async stop() {
    clearInterval(this.timer);
    for (const socket of this.sockets.clients) socket.terminate();
    this.sockets.close();
    this.http.closeAllConnections();
    await new Promise((resolve) => this.http.close(resolve));
  }

  welcome(socket) {
    const client = { socket, bbox: undefined, named: new Set(), known: new Set() };
    this.clients.add(client);
    socket.on('close', () => this.clients.delete(client));
    socket.on('message', (data) => this.subscribe(client, JSON.parse(String(data))));
  }

  subscribe(client, message) {
    client.bbox = message.bbox;
    const send = (/** @type {object} */ value) => client.socket.send(JSON.stringify(value));
    send({ type: 'subscribed', epoch: this.epoch, seq: this.seq, heartbeat_s: 20, silent_after_s: 900 });
    const vehicles = vehiclesInside(this.fleet, client.bbox);
    this.sendNames(client, vehicles);
    client.known = new Set(vehicles.map((vehicle) => vehicle.id));
    if (message.resume?.epoch === this.epoch) {
      send({ type: 'resumed', from: message.resume.seq });
      return this.sendFrames(client, 2, vehicles, []);
    }
    this.sendFrames(client, 1, vehicles, []);
  }

  sendNames(client, vehicles) {
    const fresh = vehicles.filter((vehicle) => !client.named.has(vehicle.id));
    for (const vehicle of fresh) client.named.add(vehicle.id);
    if (fresh.length) client.socket.send(JSON.stringify({ type: 'vehicles', items: fresh.map(({ id, name }) => ({ vehicle_id: id, name })) }));
  }

  sendFrames(client, kind, vehicles, removed) {
    const parts = Math.max(1, Math.ceil(vehicles.length / RECORDS_A_FRAME));
    for (let part = 1; part <= parts; part++) {
      const slice = vehicles.slice((part - 1) * RECORDS_A_FRAME, part * RECORDS_A_FRAME);
      client.socket.send(encodeFrame({ kind, seq: this.seq, part, parts, vehicles: slice, removed: part === parts ? removed : [] }));
    }
  }

  tick() {
    this.fleet.step(this.intervalMs / 1000);
    this.seq++;
    for (const client of this.clients) {
      if (client.bbox === undefined) continue;
      const vehicles = vehiclesInside(this.fleet, client.bbox);
      const present = new Set(vehicles.map((vehicle) => vehicle.id));
      const removed = [...client.known].filter((id) => !present.has(id));
      this.sendNames(client, vehicles);
      const fresh = vehicles.filter((vehicle) => vehicle.status === 1 || !client.known.has(vehicle.id));
      client.known = present;
      this.sendFrames(client, 2, fresh, removed);
    }
  }

  async answer(request, response) {
    const url = new URL(request.url ?? '/', 'http://mock');
    const [, , , name, part] = url.pathname.split('/').map(decodeURIComponent);
    if (url.pathname === '/v1/ingest/status') return sendJson(response, 200, { now: new Date().toISOString(), database: { is_away: false, reason: null, as_of: null }, spool: { is_on: true, is_spooling: false, entries: 0, bytes: 0, bytes_max: 1, oldest_received_at: null, damaged_files: 0 } });
    if (url.pathname === '/v1/page') return sendJson(response, 200, this.pageConfig());
    if (url.pathname === '/v1/vehicles') return sendJson(response, 200, this.search(url.searchParams.get('search') ?? ''));
    if (url.pathname.startsWith('/v1/vehicles/')) return this.answerVehicle(response, url, name, part);
    if (url.pathname.startsWith('/tiles/')) {
      response.writeHead(200, { 'content-type': 'application/vnd.mapbox-vector-tile' });
      return response.end(makeTile());
    }
    return this.serveFile(url.pathname === '/' ? '/index.html' : url.pathname, response);
  }

  pageConfig() {
    return {
      raster_tile_url: null, raster_attribution: null, vector_tiles: false, vector_bounds: null, vector_attribution: '© OpenStreetMap contributors',
      silent_after_s: 900, initial_bbox: this.fleet.extent, ...this.page,
    };
  }

  search(text) {
    const found = this.fleet.vehicles.filter((vehicle) => vehicle.name.includes(text));
    return { items: found.slice(0, 20).map((vehicle) => this.describe(vehicle)), next: found.length > 20 ? '/v1/vehicles?cursor=mock' : null };
  }

  describe(vehicle) {
    return {
      vehicle_id: vehicle.id, name: vehicle.name, kind: 'van', fleet: 'mock', vin: null, attributes: { depot: 'North' },
      created_at: '2026-01-02T03:04:05Z', retired_at: null, position: this.fleet.position(vehicle),
    };
  }

  answerVehicle(response, url, name, part) {
    const vehicle = this.fleet.byName.get(name);
    if (!vehicle) return sendJson(response, 404, { title: 'Not found', detail: `no vehicle ${name}`, request_id: 'mock' }, 'application/problem+json');
    if (part === 'desired') return sendJson(response, 200, { items: [], next: null, shadows: [null] });
    if (part === 'shadow') return sendJson(response, 200, this.shadow(vehicle));
    if (part !== 'track') return sendJson(response, 200, this.describe(vehicle));
    const [fromMs, toMs] = ['from', 'to'].map((key) => Date.parse(url.searchParams.get(key) ?? ''));
    sendJson(response, 200, { vehicle: name, items: this.fleet.track(vehicle, fromMs, toMs) });
  }

  shadow(vehicle) {
    const at = new Date(vehicle.recordedAtMs).toISOString();
    return {
      vehicle_id: vehicle.id, vehicle: vehicle.name, shadow: null, version: vehicle.version, updated_at: at, received_at: at, is_complete: true,
      is_behind: false, position_version: vehicle.version, reported: { speed: String(vehicle.speedKmh) }, desired: {}, delta: {}, metadata: {}, shadows: [null], pending: [],
    };
  }

  async serveFile(path, response) {
    const file = join(this.pageDir, normalize(path));
    const body = await readFile(file).catch(() => null);
    if (!body || !file.startsWith(this.pageDir)) return sendJson(response, 404, { title: 'Not found' }, 'application/problem+json');
    response.writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'content-security-policy': contentSecurityPolicy(this.rasterOrigin),
      'x-content-type-options': 'nosniff',
    });
    response.end(body);
  }
}

function sendJson(response, status, value, type = 'application/json') {
  response.writeHead(status, { 'content-type': type });
  response.end(JSON.stringify(value));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [pageDir, port = '8090', vehicles = '15'] = process.argv.slice(2);
  const server = new MockServer({ pageDir, fleet: new MockFleet({ vehicles: Number(vehicles) }), page: process.env.MOCK_PAGE ? JSON.parse(process.env.MOCK_PAGE) : {} });
  console.log(`http://127.0.0.1:${await server.start(Number(port))}/`);
}
