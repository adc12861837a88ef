// The newest fix of each vehicle, one typed array a field. A vehicle keeps its slot for as long as the page is open;
// status 0 means that it is not in the subscribed area now (its last known fix stays readable).
import { FRAME_SNAPSHOT, HEADER_BYTES, RECORD_BYTES } from './position_frame.js';
import { mercatorX, mercatorY } from './mercator.js';

export const STATUS_ABSENT = 0;
export const STATUS_MOVING = 1;
export const STATUS_IDLING = 2;
export const STATUS_STOPPED = 3;
export const STATUS_SILENT = 4;
/** By status number. */
export const STATUS_NAMES = ['absent', 'moving', 'idling', 'stopped', 'silent'];
const UNKNOWN_U16 = 65535;
const UNKNOWN_I16 = -32768;
const DEGREES_PER_UNIT = 1e-7;

/**
 * @typedef {object} Fix
 * @property {number} latitude
 * @property {number} longitude
 * @property {number} recordedAtMs
 * @property {number | null} speedKmh
 * @property {number | null} headingDeg
 * @property {number | null} temperatureC
 * @property {boolean | null} ignition
 * @property {number} status
 */

export class FleetStore {
  constructor() {
    this.count = 0;
    /** Grows by one whenever something changed that is drawn. */
    this.revision = 0;
    /** @type {Map<number, number>} */
    this.slotById = new Map();
    /** @type {Map<string, number>} */
    this.slotByName = new Map();
    /** @type {string[]} */
    this.names = [];
    /** @type {Map<number, string>} names of ids that have no slot yet */
    this.nameById = new Map();
    this.presentCount = 0;
    this.namesRevision = 0;
    this.generation = 0;
    this.allocate(1024);
    /** Slot by (id & mask), for small ids: saves a map lookup a record. @type {Int32Array} */
    this.smallIds = new Int32Array(1024).fill(-1);
  }

  /** @param {number} capacity */
  allocate(capacity) {
    /** @template {Float64Array | Uint32Array | Int32Array | Uint16Array | Int16Array | Uint8Array} T
     * @param {T | undefined} old @param {T} fresh @returns {T} */
    const grown = (old, fresh) => {
      if (old) fresh.set(/** @type {any} */ (old));
      return fresh;
    };
    this.id = grown(this.id, new Uint32Array(capacity));
    this.x = grown(this.x, new Float64Array(capacity));
    this.y = grown(this.y, new Float64Array(capacity));
    this.latitude = grown(this.latitude, new Int32Array(capacity));
    this.longitude = grown(this.longitude, new Int32Array(capacity));
    this.recordedAtS = grown(this.recordedAtS, new Uint32Array(capacity));
    this.speed = grown(this.speed, new Uint16Array(capacity));
    this.heading = grown(this.heading, new Uint16Array(capacity));
    this.temperature = grown(this.temperature, new Int16Array(capacity));
    this.status = grown(this.status, new Uint8Array(capacity));
    this.ignition = grown(this.ignition, new Uint8Array(capacity));
    this.seenIn = grown(this.seenIn, new Uint32Array(capacity));
  }

  /** @param {{vehicle_id: number, name: string}[]} items */
  addNames(items) {
    for (const { vehicle_id: id, name } of items) {
      this.nameById.set(id, name);
      const slot = this.slotById.get(id);
      if (slot !== undefined && this.names[slot] !== name) this.rename(slot, name);
    }
  }

  /** @param {number} slot @param {string} name */
  rename(slot, name) {
    this.slotByName.delete(this.names[slot]);
    this.names[slot] = name;
    this.slotByName.set(name, slot);
    this.namesRevision++;
  }

  /** @param {number} id */
  slotOf(id) {
    const slot = id < this.smallIds.length ? this.smallIds[id] : this.slotById.get(id) ?? -1;
    return slot >= 0 ? slot : this.addSlot(id);
  }

  /** @param {number} id */
  addSlot(id) {
    if (this.count === this.id.length) this.allocate(this.count * 2);
    const slot = this.count++;
    this.id[slot] = id;
    this.slotById.set(id, slot);
    this.rememberSmallId(id, slot);
    this.rename(slot, this.nameById.get(id) ?? `vehicle ${id}`);
    return slot;
  }

  /** @param {number} id @param {number} slot */
  rememberSmallId(id, slot) {
    const limit = 1 << 20;
    if (id >= limit) return;
    if (id >= this.smallIds.length) {
      const bigger = new Int32Array(Math.min(limit, 2 ** Math.ceil(Math.log2(id + 1)))).fill(-1);
      bigger.set(this.smallIds);
      for (const [known, knownSlot] of this.slotById) if (known < bigger.length) bigger[known] = knownSlot;
      this.smallIds = bigger;
    }
    this.smallIds[id] = slot;
  }

  /** @param {import('./position_frame.js').PositionFrame} frame */
  apply(frame) {
    const isSnapshot = frame.kind === FRAME_SNAPSHOT;
    if (isSnapshot && frame.part === 1) this.generation++;
    this.applyRecords(frame);
    this.applyRemovals(frame);
    if (isSnapshot && frame.part === frame.parts) this.dropUnseen();
    this.revision++;
  }

  /** @param {import('./position_frame.js').PositionFrame} frame */
  applyRecords(frame) {
    const words = new Int32Array(frame.buffer, HEADER_BYTES, frame.count * 6);
    const halves = new Uint16Array(frame.buffer, HEADER_BYTES, frame.count * 12);
    const bytes = new Uint8Array(frame.buffer, HEADER_BYTES, frame.count * RECORD_BYTES);
    for (let record = 0; record < frame.count; record++) {
      const word = record * 6;
      const half = record * 12 + 8;
      const slot = this.slotOf(words[word] >>> 0);
      this.moveTo(slot, words[word + 1], words[word + 2]);
      this.recordedAtS[slot] = words[word + 3];
      this.speed[slot] = halves[half];
      this.heading[slot] = halves[half + 1];
      this.temperature[slot] = halves[half + 2];
      this.setState(slot, bytes[record * RECORD_BYTES + 22]);
    }
  }

  /** @param {number} slot @param {number} latitude @param {number} longitude both 1e-7 degrees */
  moveTo(slot, latitude, longitude) {
    if (this.longitude[slot] !== longitude || this.x[slot] === 0) {
      this.longitude[slot] = longitude;
      this.x[slot] = mercatorX(longitude * DEGREES_PER_UNIT);
    }
    if (this.latitude[slot] !== latitude || this.y[slot] === 0) {
      this.latitude[slot] = latitude;
      this.y[slot] = mercatorY(latitude * DEGREES_PER_UNIT);
    }
  }

  /** @param {number} slot @param {number} state */
  setState(slot, state) {
    const status = state & 7;
    if (this.status[slot] === STATUS_ABSENT) this.presentCount++;
    this.status[slot] = status >= STATUS_MOVING && status <= STATUS_SILENT ? status : STATUS_SILENT;
    this.ignition[slot] = (state >> 4) & 3;
    this.seenIn[slot] = this.generation;
  }

  /** @param {import('./position_frame.js').PositionFrame} frame */
  applyRemovals(frame) {
    const removed = new Uint32Array(frame.buffer, HEADER_BYTES + frame.count * RECORD_BYTES, frame.removedCount);
    for (const id of removed) {
      const slot = this.slotById.get(id);
      if (slot !== undefined) this.dropSlot(slot);
    }
  }

  dropUnseen() {
    for (let slot = 0; slot < this.count; slot++) if (this.seenIn[slot] !== this.generation) this.dropSlot(slot);
  }

  /** @param {number} slot */
  dropSlot(slot) {
    if (this.status[slot] !== STATUS_ABSENT) this.presentCount--;
    this.status[slot] = STATUS_ABSENT;
  }

  /** @param {number} slot @returns {Fix} */
  fixOf(slot) {
    const heading = this.heading[slot];
    const speed = this.speed[slot];
    const temperature = this.temperature[slot];
    return {
      latitude: this.latitude[slot] * DEGREES_PER_UNIT,
      longitude: this.longitude[slot] * DEGREES_PER_UNIT,
      recordedAtMs: this.recordedAtS[slot] * 1000,
      speedKmh: speed === UNKNOWN_U16 ? null : speed / 10,
      headingDeg: heading === UNKNOWN_U16 ? null : heading / 10,
      temperatureC: temperature === UNKNOWN_I16 ? null : temperature / 100,
      ignition: this.ignition[slot] === 0 ? null : this.ignition[slot] === 2,
      status: this.status[slot],
    };
  }
}
