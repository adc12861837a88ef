// The fleet worker: owns the stream, the store of positions and the picture of the vehicles, so that the page's own thread
// handles neither bytes nor pixels. Answers the messages of fleet_link.
import { FleetStore } from './fleet_store.js';
import { Stream } from './stream.js';
import { VehiclePainter } from './vehicle_painter.js';
import { ViewIndex } from './view_index.js';
import { latitudeOf, longitudeOf } from './mercator.js';

const SUMMARY_MS = 1000;
/** With more vehicles than this in the subscribed area the list is renewed every other second; the map is not slowed. */
const LARGE_FLEET = 5000;
const WINDOW_MARGIN = 12;

class FleetWorker {
  /** @param {{streamUrl: string, canvas: OffscreenCanvas, colors: import('./theme_colors.js').StatusColors}} options */
  constructor({ streamUrl, canvas, colors }) {
    this.store = new FleetStore();
    this.stream = new Stream(streamUrl);
    this.index = new ViewIndex(this.store);
    this.painter = new VehiclePainter(this.store, canvas, colors);
    this.statusMask = 0b11110;
    this.searchText = '';
    /** @type {string[]} */
    this.foundNames = [];
    /** @type {import('./view_index.js').Bounds} */
    this.bounds = { west: 0, east: 1, north: 0, south: 1 };
    /** @type {string | null} */
    this.selectedName = null;
    this.windowFirst = 0;
    this.windowLength = 20;
    this.hasSnapshot = false;
    this.summaryAtMs = 0;
    this.frameRequest = 0;
    this.viewNumber = 0;
    this.paintedNumber = 0;
    this.listen();
    setInterval(() => Date.now() - this.summaryAtMs > SUMMARY_MS * 1.4 && this.report(), SUMMARY_MS);
  }

  listen() {
    const { stream } = this;
    stream.addEventListener('state', () => this.report());
    stream.addEventListener('subscribed', () => postMessage({ type: 'subscribed' }));
    stream.addEventListener('names', (event) => this.store.addNames(/** @type {CustomEvent} */ (event).detail));
    stream.addEventListener('frame', (event) => this.onFrame(/** @type {CustomEvent} */ (event).detail));
  }

  report() {
    const { state, lastFrameAtMs, retryAtMs, behindMs, clockOffsetMs, databaseIsAway } = this.stream;
    postMessage({ type: 'report', report: { state, lastFrameAtMs, retryAtMs, behindMs, clockOffsetMs, databaseIsAway } });
  }

  /** @param {import('./position_frame.js').PositionFrame} frame */
  onFrame(frame) {
    this.store.apply(frame);
    if (frame.part !== frame.parts) return;
    const isFirst = !this.hasSnapshot || frame.kind === 1;
    this.hasSnapshot = true;
    this.requestPaint();
    this.sendFix();
    const pauseMs = this.store.presentCount > LARGE_FLEET ? 2 * SUMMARY_MS : SUMMARY_MS;
    if (isFirst || Date.now() - this.summaryAtMs >= pauseMs - 50) this.sendSummary();
  }

  get selectedSlot() {
    return this.selectedName === null ? -1 : this.store.slotByName.get(this.selectedName) ?? -1;
  }

  sendFix() {
    if (this.selectedName === null) return;
    const slot = this.selectedSlot;
    postMessage({ type: 'fix', detail: { name: this.selectedName, fix: slot < 0 ? null : this.store.fixOf(slot) } });
  }

  sendSummary() {
    const { index, store } = this;
    this.summaryAtMs = Date.now();
    this.report();
    index.refresh(this.bounds, this.statusMask, this.searchText);
    const first = Math.max(0, Math.min(this.windowFirst - WINDOW_MARGIN, index.count - 1));
    const end = Math.min(index.count, this.windowFirst + this.windowLength + WINDOW_MARGIN);
    const rows = [];
    for (let at = first; at < end; at++) rows.push(this.listed(index.slots[at]));
    postMessage({ type: 'summary', detail: {
      first, rows, listed: index.count, statusCounts: [...index.statusCounts], present: store.presentCount, hasSnapshot: this.hasSnapshot,
      foundListed: this.foundNames.filter((name) => this.indexOf(name) >= 0),
    } });
  }

  /** @param {number} slot */
  listed(slot) {
    const { headingDeg, speedKmh, recordedAtMs, status } = this.store.fixOf(slot);
    return { name: this.store.names[slot], status, headingDeg, speedKmh, recordedAtMs };
  }

  /** @param {string | null} name */
  indexOf(name) {
    const slot = name === null ? undefined : this.store.slotByName.get(name);
    if (slot === undefined) return -1;
    for (let at = 0; at < this.index.count; at++) if (this.index.slots[at] === slot) return at;
    return -1;
  }

  requestPaint() {
    this.frameRequest ||= requestAnimationFrame(() => this.paint());
  }

  paint() {
    this.frameRequest = 0;
    if (this.painter.view) this.painter.view.statusMask = this.statusMask;
    this.painter.selectedSlot = this.selectedSlot;
    this.painter.paint();
    if (this.paintedNumber === this.viewNumber) return;
    this.paintedNumber = this.viewNumber;
    postMessage({ type: 'painted', detail: this.viewNumber });
  }

  /** @param {any} message */
  receive(message) {
    const answer = /** @type {any} */ (this.actions)[message.type](message);
    if (message.number !== undefined && message.type !== 'view') postMessage({ type: 'answer', number: message.number, answer });
  }

  actions = {
    subscribe: (/** @type {any} */ { bbox }) => {
      this.stream.subscribe(bbox);
      if (!this.stream.socket && this.stream.state === 'connecting') this.stream.start();
    },
    connectNow: () => this.stream.connectNow(),
    view: (/** @type {any} */ { number, view }) => {
      this.viewNumber = number;
      this.painter.setView(view);
      this.requestPaint();
    },
    colors: (/** @type {any} */ { colors }) => {
      this.painter.setColors(colors);
      this.requestPaint();
    },
    list: (/** @type {any} */ { bounds, statusMask, searchText, foundNames }) => {
      Object.assign(this, { bounds, statusMask, searchText, foundNames });
      this.requestPaint();
      this.sendSummary();
    },
    window: (/** @type {any} */ { first, length }) => {
      this.windowFirst = first;
      this.windowLength = length;
      this.sendSummary();
    },
    select: (/** @type {any} */ { name }) => {
      this.selectedName = name;
      this.requestPaint();
      this.sendFix();
    },
    indexOf: (/** @type {any} */ { name }) => this.indexOf(name),
    nameAt: (/** @type {any} */ { index }) => (index < this.index.count ? this.store.names[this.index.slots[index]] : null),
    fixOf: (/** @type {any} */ { name }) => {
      const slot = this.store.slotByName.get(name) ?? -1;
      return slot < 0 || !this.store.status[slot] ? null : this.store.fixOf(slot);
    },
    vehicleAt: (/** @type {any} */ { left, top }) => {
      const slot = this.painter.slotAt(left, top);
      return slot < 0 ? null : { name: this.store.names[slot], speedKmh: this.store.fixOf(slot).speedKmh };
    },
    extent: () => this.extent(),
  };

  /** West, south, east, north of all vehicles present, null when there is none. */
  extent() {
    const { store } = this;
    let [west, north, east, south] = [1, 1, 0, 0];
    for (let slot = 0; slot < store.count; slot++) {
      if (!store.status[slot]) continue;
      west = Math.min(west, store.x[slot]);
      east = Math.max(east, store.x[slot]);
      north = Math.min(north, store.y[slot]);
      south = Math.max(south, store.y[slot]);
    }
    return store.presentCount ? [longitudeOf(west), latitudeOf(south), longitudeOf(east), latitudeOf(north)] : null;
  }
}

/** @type {FleetWorker | null} */
let fleet = null;
onmessage = ({ data }) => {
  if (data.type === 'start') fleet = new FleetWorker(data);
  else fleet?.receive(data);
};
