// A made-up fleet for the mock server: vehicles that drive around a centre, and their fleet.v1 frames.

const HEADER_BYTES = 32;
const RECORD_BYTES = 24;
const STATUS_NAMES = ['', 'moving', 'idling', 'stopped', 'silent'];

/** Small generator with a seed, so that each run has the same fleet. @param {number} seed */
function makeRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export class MockFleet {
  /** @param {{vehicles: number, seed?: number, centre?: [number, number], spreadDeg?: number, allMoving?: boolean}} options centre: lon, lat */
  constructor({ vehicles, seed = 7, centre = [-122.65, 45.52], spreadDeg = 0.12, allMoving = false }) {
    this.random = makeRandom(seed);
    this.centre = centre;
    this.spreadDeg = spreadDeg;
    this.vehicles = Array.from({ length: vehicles }, (_, index) => this.makeVehicle(index, allMoving));
    this.byName = new Map(this.vehicles.map((vehicle) => [vehicle.name, vehicle]));
  }

  makeVehicle(index, allMoving) {
    const chance = allMoving ? 0 : this.random();
    const status = chance < 0.7 ? 1 : chance < 0.82 ? 2 : chance < 0.94 ? 3 : 4;
    return {
      id: index + 1,
      name: `iotfleet_${index + 1}`,
      status,
      lon: this.centre[0] + (this.random() - 0.5) * 2 * this.spreadDeg,
      lat: this.centre[1] + (this.random() - 0.5) * this.spreadDeg,
      speedKmh: status === 1 ? 20 + this.random() * 70 : 0,
      headingDeg: this.random() * 360,
      temperatureC: index % 3 === 0 ? 3 + this.random() * 4 : null,
      recordedAtMs: status === 4 ? Date.now() - 3600e3 : Date.now(),
      version: 1,
    };
  }

  /** Moves every moving vehicle by some seconds of driving. @param {number} seconds */
  step(seconds) {
    for (const vehicle of this.vehicles) {
      if (vehicle.status !== 1) continue;
      vehicle.headingDeg = (vehicle.headingDeg + (this.random() - 0.5) * 30 + 360) % 360;
      vehicle.speedKmh = Math.min(110, Math.max(15, vehicle.speedKmh + (this.random() - 0.5) * 8));
      const distanceDeg = ((vehicle.speedKmh / 3.6) * seconds) / 111320;
      const turn = (vehicle.headingDeg * Math.PI) / 180;
      vehicle.lat += distanceDeg * Math.cos(turn);
      vehicle.lon += (distanceDeg * Math.sin(turn)) / Math.cos((vehicle.lat * Math.PI) / 180);
      if (this.isOutside(vehicle)) vehicle.headingDeg = this.headingHome(vehicle);
      vehicle.recordedAtMs = Date.now();
      vehicle.version++;
    }
  }

  isOutside(vehicle) {
    return Math.abs(vehicle.lon - this.centre[0]) > this.spreadDeg || Math.abs(vehicle.lat - this.centre[1]) > this.spreadDeg / 2;
  }

  headingHome(vehicle) {
    return ((Math.atan2(this.centre[0] - vehicle.lon, this.centre[1] - vehicle.lat) * 180) / Math.PI + 360) % 360;
  }

  get extent() {
    const lons = this.vehicles.map((vehicle) => vehicle.lon);
    const lats = this.vehicles.map((vehicle) => vehicle.lat);
    const least = (values) => values.reduce((a, b) => Math.min(a, b), Infinity);
    const most = (values) => values.reduce((a, b) => Math.max(a, b), -Infinity);
    return this.vehicles.length ? [least(lons), least(lats), most(lons), most(lats)] : null;
  }

  position(vehicle) {
    return {
      vehicle_id: vehicle.id, vehicle: vehicle.name, recorded_at: new Date(vehicle.recordedAtMs).toISOString(),
      received_at: new Date(vehicle.recordedAtMs + 300).toISOString(), version: vehicle.version, lon: vehicle.lon, lat: vehicle.lat,
      speed_kmh: vehicle.speedKmh, heading_deg: vehicle.headingDeg, ignition: vehicle.status <= 2, temperature_c: vehicle.temperatureC,
      status: STATUS_NAMES[vehicle.status], flags: [],
    };
  }

  /** A track that ends where the vehicle is. */
  track(vehicle, fromMs, toMs) {
    const items = [];
    const stepMs = Math.max(10000, (toMs - fromMs) / 1000);
    for (let timeMs = fromMs; timeMs <= Math.min(toMs, vehicle.recordedAtMs); timeMs += stepMs) {
      const back = (vehicle.recordedAtMs - timeMs) / 3600e3;
      items.push({
        recorded_at: new Date(timeMs).toISOString(), lon: vehicle.lon - 0.03 * Math.sin(back * 2.2) * Math.min(1, back), lat: vehicle.lat + 0.02 * (Math.cos(back * 3.1) - 1),
        speed_kmh: Math.max(0, 45 + 25 * Math.sin(back * 20) + 10 * Math.sin(back * 77)), heading_deg: (back * 300) % 360, temperature_c: null, ignition: true, flags: [],
      });
    }
    return items;
  }
}

const inside = (vehicle, bbox) => !bbox || (vehicle.lon >= bbox[0] && vehicle.lon <= bbox[2] && vehicle.lat >= bbox[1] && vehicle.lat <= bbox[3]);

/** Vehicles of a fleet inside a bbox, null for all. */
export function vehiclesInside(fleet, bbox) {
  return fleet.vehicles.filter((vehicle) => inside(vehicle, bbox));
}

/** One binary frame. @param {{kind: number, seq: number, part?: number, parts?: number, vehicles: any[], removed?: number[]}} frame */
export function encodeFrame({ kind, seq, part = 1, parts = 1, vehicles, removed = [] }) {
  const buffer = Buffer.alloc(HEADER_BYTES + vehicles.length * RECORD_BYTES + removed.length * 4);
  buffer.writeUInt8(kind, 0);
  buffer.writeUInt8(1, 1);
  buffer.writeUInt16LE(part, 2);
  buffer.writeUInt16LE(parts, 4);
  buffer.writeUInt32LE(vehicles.length, 8);
  buffer.writeUInt32LE(removed.length, 12);
  buffer.writeBigUInt64LE(BigInt(seq), 16);
  buffer.writeDoubleLE(Date.now(), 24);
  vehicles.forEach((vehicle, index) => writeRecord(buffer, HEADER_BYTES + index * RECORD_BYTES, vehicle));
  removed.forEach((id, index) => buffer.writeUInt32LE(id, HEADER_BYTES + vehicles.length * RECORD_BYTES + index * 4));
  return buffer;
}

function writeRecord(buffer, at, vehicle) {
  buffer.writeUInt32LE(vehicle.id, at);
  buffer.writeInt32LE(Math.round(vehicle.lat * 1e7), at + 4);
  buffer.writeInt32LE(Math.round(vehicle.lon * 1e7), at + 8);
  buffer.writeUInt32LE(Math.floor(vehicle.recordedAtMs / 1000), at + 12);
  buffer.writeUInt16LE(Math.round(vehicle.speedKmh * 10), at + 16);
  buffer.writeUInt16LE(Math.round(vehicle.headingDeg * 10) % 3600, at + 18);
  buffer.writeInt16LE(vehicle.temperatureC === null ? -32768 : Math.round(vehicle.temperatureC * 100), at + 20);
  buffer.writeUInt8(vehicle.status | ((vehicle.status <= 2 ? 2 : 1) << 4), at + 22);
}
