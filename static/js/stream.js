// The WebSocket /v1/stream: subscribes, resumes after a cut, comes back with jittered backoff.
// Tells its owner through events: `state`, `names`, `frame`, `subscribed`. Owns the socket and its timers, nothing else.
// Runs in the fleet worker.
import { readPositionFrame } from './position_frame.js';

const SUBPROTOCOL = 'fleet.v1';
const MIN_BACKOFF_MS = 1000;
const MAX_BACKOFF_MS = 30000;
const MISSED_HEARTBEATS = 2.5;

/**
 * @typedef {'connecting' | 'live' | 'waiting' | 'stale'} StreamState
 * @typedef {[number, number, number, number]} Bbox west, south, east, north
 */

export class Stream extends EventTarget {
  /** @param {string} url */
  constructor(url) {
    super();
    this.url = url;
    /** @type {StreamState} */
    this.state = 'connecting';
    /** @type {WebSocket | null} */
    this.socket = null;
    /** @type {Bbox | null} */
    this.bbox = null;
    this.epoch = '';
    this.seq = -1;
    this.failures = 0;
    this.retryAtMs = 0;
    this.heartbeatS = 20;
    /** The server has no database: what is shown may be old. */
    this.databaseIsAway = false;
    this.lastFrameAtMs = 0;
    /** Milliseconds from the server's sending to our receipt, by both clocks. */
    this.delayMs = 0;
    this.smallestDelayMs = Infinity;
    /** True from a new subscription until its snapshot is complete: what we hold may not be resumed from. */
    this.incomplete = true;
    this.retryTimer = 0;
    addEventListener('online', () => this.connectNow());
    setInterval(() => this.checkSilence(), 1000);
  }

  start() {
    this.connect();
  }

  /** @param {Bbox | null} bbox */
  subscribe(bbox) {
    this.bbox = bbox;
    this.incomplete = true;
    if (this.socket?.readyState === WebSocket.OPEN) this.sendSubscribe();
  }

  sendSubscribe() {
    /** @type {Record<string, unknown>} */
    const message = { type: 'subscribe', format: 'binary', bbox: this.bbox, vehicles: null };
    if (!this.incomplete && this.epoch) message.resume = { epoch: this.epoch, seq: this.seq };
    this.socket?.send(JSON.stringify(message));
  }

  connect() {
    clearTimeout(this.retryTimer);
    this.setState('connecting');
    const socket = new WebSocket(this.url, SUBPROTOCOL);
    this.socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => this.sendSubscribe();
    socket.onmessage = (event) => this.socket === socket && this.receive(event.data);
    socket.onclose = () => this.socket === socket && this.scheduleRetry(null);
  }

  connectNow() {
    if (this.state !== 'waiting') return;
    this.failures = 0;
    this.connect();
  }

  /** @param {number | null} orderedMs what the server asked for */
  scheduleRetry(orderedMs) {
    const ceiling = Math.min(MAX_BACKOFF_MS, MIN_BACKOFF_MS * 2 ** this.failures++);
    const delayMs = orderedMs ?? MIN_BACKOFF_MS / 2 + Math.random() * (ceiling - MIN_BACKOFF_MS / 2);
    this.dropSocket();
    this.retryAtMs = Date.now() + delayMs;
    clearTimeout(this.retryTimer);
    this.retryTimer = self.setTimeout(() => this.connect(), delayMs);
    this.setState('waiting');
  }

  dropSocket() {
    const socket = this.socket;
    this.socket = null;
    if (socket && socket.readyState <= WebSocket.OPEN) socket.close();
  }

  /** @param {string | ArrayBuffer} data */
  receive(data) {
    this.lastFrameAtMs = Date.now();
    if (this.state === 'stale') this.setState('live');
    if (typeof data === 'string') this.receiveText(JSON.parse(data));
    else this.receiveFrame(data);
  }

  /** @param {any} message */
  receiveText(message) {
    switch (message.type) {
      case 'subscribed':
        return this.onSubscribed(message);
      case 'resumed':
        this.incomplete = false;
        return;
      case 'vehicles':
        this.dispatchEvent(new CustomEvent('names', { detail: message.items }));
        return;
      case 'heartbeat':
        if (!this.incomplete) this.seq = Math.max(this.seq, message.seq);
        this.noteDatabase(message.database === 'away');
        return this.measureDelay(Date.parse(message.time));
      case 'error':
        console.warn('stream:', message.detail);
        return;
      case 'bye':
        return this.scheduleRetry(message.retry_after_ms ?? null);
    }
  }

  /** @param {boolean} isAway */
  noteDatabase(isAway) {
    if (this.databaseIsAway === isAway) return;
    this.databaseIsAway = isAway;
    this.setState(this.state);
  }

  /** @param {any} message */
  onSubscribed(message) {
    if (message.epoch !== this.epoch) this.incomplete = true;
    this.epoch = message.epoch;
    this.heartbeatS = message.heartbeat_s ?? this.heartbeatS;
    this.failures = 0;
    this.setState('live');
    this.dispatchEvent(new CustomEvent('subscribed', { detail: message }));
  }

  /** @param {ArrayBuffer} buffer */
  receiveFrame(buffer) {
    const frame = readPositionFrame(buffer);
    this.measureDelay(frame.sentAtMs);
    this.dispatchEvent(new CustomEvent('frame', { detail: frame }));
    if (frame.part !== frame.parts) return;
    this.seq = frame.seq;
    if (frame.kind === 1) this.incomplete = false;
  }

  /** @param {number} sentAtMs */
  measureDelay(sentAtMs) {
    if (!Number.isFinite(sentAtMs)) return;
    this.delayMs = Date.now() - sentAtMs;
    this.smallestDelayMs = Math.min(this.smallestDelayMs, this.delayMs);
  }

  /** Server time minus browser time; 0 unless the clocks clearly differ. */
  get clockOffsetMs() {
    const smallest = this.smallestDelayMs;
    const differ = Number.isFinite(smallest) && (smallest < 0 || smallest > 2000);
    return differ ? -smallest : 0;
  }

  /** How far what we show is behind the server, in milliseconds. */
  get behindMs() {
    return Math.max(0, this.delayMs + this.clockOffsetMs);
  }

  get serverNowMs() {
    return Date.now() + this.clockOffsetMs;
  }

  checkSilence() {
    if (this.state !== 'live' && this.state !== 'stale') return;
    const silentMs = Date.now() - this.lastFrameAtMs;
    if (silentMs > this.heartbeatS * 2 * MISSED_HEARTBEATS * 1000) this.scheduleRetry(0);
    else if (silentMs > this.heartbeatS * MISSED_HEARTBEATS * 1000) this.setState('stale');
  }

  /** @param {StreamState} state */
  setState(state) {
    this.state = state;
    this.dispatchEvent(new CustomEvent('state', { detail: state }));
  }
}
