// A client of /v1/stream that keeps what it has been told, as a map page would: snapshot, updates, removals, resumption.
import { EventEmitter, once } from 'node:events';

import WebSocket from 'ws';

const RECORD_BYTES = 24;
const HEADER_BYTES = 32;
const STATUS = ['unknown', 'moving', 'idling', 'stopped', 'silent'];

/** Sockets of all clients of a test file, closed with `closeAll`. */
const open = new Set();

export function closeAll() {
  for (const client of open) {
    client.cut();
  }
}

export class StreamClient extends EventEmitter {
  /** @param {string} base http://host:port */
  constructor(base, { format = 'json', bbox = null, vehicles = null } = {}) {
    super();
    this.setMaxListeners(0);
    Object.assign(this, { base, format, bbox, vehicles });
    this.positions = new Map();
    this.names = new Map();
    this.complete = false;
    this.messages = [];
    this.alerts = [];
  }

  async connect(base = this.base, options = {}) {
    this.base = base;
    const socket = new WebSocket(`${base.replace('http', 'ws')}/v1/stream`, 'fleet.v1', options);
    this.socket = socket;
    open.add(this);
    socket.binaryType = 'arraybuffer';
    socket.on('message', (data, isBinary) => this.socket === socket && this.take(data, isBinary));
    socket.on('error', () => {});
    socket.on('close', (code) => this.socket === socket && this.emit('closed', code));
    await once(socket, 'open');
    this.subscribe();
    return this;
  }

  /** Begins with what is known, or anew when the view is another. */
  subscribe(view = null) {
    if (view) {
      Object.assign(this, view);
      this.complete = false;
    }
    const message = { type: 'subscribe', format: this.format, bbox: this.bbox, vehicles: this.vehicles };
    if (this.complete) {
      message.resume = { epoch: this.epoch, seq: this.seq, ...(this.alertsSeq === undefined ? {} : { alerts_seq: this.alertsSeq }) };
    }
    this.socket.send(JSON.stringify(message));
  }

  /** As a network does it: without a word. */
  cut() {
    open.delete(this);
    this.socket?.terminate();
    this.socket = null;
  }

  take(data, isBinary) {
    const message = isBinary ? this.readBinary(data) : JSON.parse(Buffer.from(data).toString());
    if (!isBinary) {
      this.messages.push(message.type);
    }
    this.apply(message);
    this.emit('message', message);
  }

  apply(message) {
    switch (message.type) {
      case 'subscribed':
        this.epoch = message.epoch;
        this.alertsSeq = message.alerts_after;
        return;
      case 'alert':
        this.alerts.push(message);
        this.alertsSeq = message.seq;
        return;
      case 'snapshot':
        if (message.part === 1) {
          this.positions.clear();
          this.complete = false;
        }
        this.keep(message.positions);
        this.seq = message.seq;
        this.complete = message.part === message.parts;
        return;
      case 'update':
        this.keep(message.positions);
        message.removed.forEach((id) => this.positions.delete(id));
        this.seq = message.seq;
        return;
      case 'vehicles':
        message.items.forEach(({ vehicle_id: id, name }) => this.names.set(id, name));
        return;
      case 'heartbeat':
        if (this.complete) {
          this.seq = Math.max(this.seq, message.seq);
        }
    }
  }

  keep(positions) {
    for (const position of positions) {
      this.positions.set(position.vehicle_id, position);
    }
  }

  readBinary(data) {
    const view = new DataView(data);
    const count = view.getUint32(8, true);
    const removedCount = view.getUint32(12, true);
    const positions = Array.from({ length: count }, (_, i) => this.readRecord(view, HEADER_BYTES + i * RECORD_BYTES));
    const removedAt = HEADER_BYTES + count * RECORD_BYTES;
    return {
      type: view.getUint8(0) === 1 ? 'snapshot' : 'update',
      part: view.getUint16(2, true),
      parts: view.getUint16(4, true),
      seq: Number(view.getBigUint64(16, true)),
      positions,
      removed: Array.from({ length: removedCount }, (_, i) => view.getUint32(removedAt + 4 * i, true)),
    };
  }

  readRecord(view, at) {
    const id = view.getUint32(at, true);
    if (!this.names.has(id)) {
      throw new Error(`vehicle ${id} was used before it was named`);
    }
    return {
      vehicle_id: id,
      vehicle: this.names.get(id),
      lat: view.getInt32(at + 4, true) / 1e7,
      lon: view.getInt32(at + 8, true) / 1e7,
      recorded_at: new Date(view.getUint32(at + 12, true) * 1000).toISOString().replace('.000Z', 'Z'),
      status: STATUS[view.getUint8(at + 22) & 7],
    };
  }

  /** The next message that fits; those before are taken too. */
  async waitFor(fits, { timeoutMs = 10_000, what = 'the message' } = {}) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => done(reject, new Error(`${what} did not come within ${timeoutMs} ms`)), timeoutMs);
      const onMessage = (message) => fits(message) && done(resolve, message);
      const done = (settle, value) => {
        clearTimeout(timer);
        this.off('message', onMessage);
        settle(value);
      };
      this.on('message', onMessage);
    });
  }
}
