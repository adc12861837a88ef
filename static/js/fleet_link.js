// The page's end of the fleet worker: sends it what to do, tells of what it says by events
// (`state`, `database`, `subscribed`, `summary`, `fix`, `painted`), and holds the newest state of the connection.

/** What the page knows about the connection.
 * @typedef {object} StreamReport
 * @property {import('./stream.js').StreamState} state
 * @property {number} lastFrameAtMs 0: never
 * @property {number} retryAtMs
 * @property {number} behindMs
 * @property {number} clockOffsetMs
 * @property {boolean} databaseIsAway the server says so */

/** One visible row of the list.
 * @typedef {{name: string, status: number, headingDeg: number | null, speedKmh: number | null, recordedAtMs: number}} ListedVehicle */

/** What the list shows. `rows` holds the asked window of all `listed` vehicles, from `first` on.
 * @typedef {object} Summary
 * @property {number} first
 * @property {ListedVehicle[]} rows
 * @property {number} listed
 * @property {number[]} statusCounts in view, by status number
 * @property {number} present
 * @property {boolean} hasSnapshot
 * @property {string[]} foundListed those of the search's finds that are listed already */

export class FleetLink extends EventTarget {
  /** @param {string} workerUrl @param {{streamUrl: string, canvas: OffscreenCanvas, colors: import('./theme_colors.js').StatusColors}} options */
  constructor(workerUrl, { streamUrl, canvas, colors }) {
    super();
    /** @type {StreamReport} */
    this.report = { state: 'connecting', lastFrameAtMs: 0, retryAtMs: 0, behindMs: 0, clockOffsetMs: 0, databaseIsAway: false };
    /** @type {Map<number, (answer: any) => void>} */
    this.waiting = new Map();
    this.asked = 0;
    this.worker = new Worker(workerUrl, { type: 'module' });
    this.worker.onmessage = ({ data }) => this.receive(data);
    this.worker.onerror = (event) => console.error('fleet worker:', event.message);
    this.worker.postMessage({ type: 'start', streamUrl, canvas, colors }, [canvas]);
    document.addEventListener('visibilitychange', () => document.hidden || this.connectNow());
  }

  /** @param {any} message */
  receive(message) {
    if (message.type === 'report') return this.takeReport(message.report);
    if (message.type !== 'answer') return this.dispatchEvent(new CustomEvent(message.type, { detail: message.detail }));
    this.waiting.get(message.number)?.(message.answer);
    this.waiting.delete(message.number);
  }

  /** @param {StreamReport} report */
  takeReport(report) {
    const isNew = report.state !== this.report.state;
    const isOtherDatabase = report.databaseIsAway !== this.report.databaseIsAway;
    this.report = report;
    if (isOtherDatabase) this.dispatchEvent(new CustomEvent('database', { detail: report.databaseIsAway }));
    if (isNew) this.dispatchEvent(new CustomEvent('state', { detail: report.state }));
  }

  /** @param {string} type @param {object} [fields] */
  post(type, fields) {
    this.worker.postMessage({ type, ...fields });
  }

  /** @param {string} type @param {object} [fields] @returns {Promise<any>} */
  ask(type, fields) {
    const number = ++this.asked;
    this.worker.postMessage({ type, number, ...fields });
    return new Promise((resolve) => this.waiting.set(number, resolve));
  }

  connectNow() {
    this.post('connectNow');
  }

  get state() {
    return this.report.state;
  }

  get lastFrameAtMs() {
    return this.report.lastFrameAtMs;
  }

  get retryAtMs() {
    return this.report.retryAtMs;
  }

  get behindMs() {
    return this.report.behindMs;
  }

  get serverNowMs() {
    return Date.now() + this.report.clockOffsetMs;
  }
}
