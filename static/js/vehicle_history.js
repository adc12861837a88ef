// The selected vehicle's last hours: trail on the map and speed chart, extended by live fixes. Loads the chart library on first use.
import { ApiError, fetchTrack } from './api.js';
import { byId, make, setText } from './dom.js';
import { formatDateTime, formatHeading, formatSpeed } from './format.js';

const HOUR_MS = 3600 * 1000;
const MAX_TABLE_ROWS = 200;
/** Points older than the period are dropped when it is exceeded by so much. */
const PERIOD_SLACK = 1.05;

export class VehicleHistory {
  /** @param {{selection: import('./selection.js').Selection, settings: import('./settings.js').Settings,
   *   link: import('./fleet_link.js').FleetLink, trail: import('./trail_layer.js').TrailLayer}} parts */
  constructor({ selection, settings, link, trail }) {
    this.selection = selection;
    this.settings = settings;
    this.link = link;
    this.trail = trail;
    this.hours = 3;
    /** @type {import('./api.js').TrackPoint[]} */
    this.points = [];
    /** @type {import('./speed_chart.js').SpeedChart | null} */
    this.chart = null;
    this.loaded = false;
    this.abort = new AbortController();
    this.caption = byId('speed-caption');
    this.table = /** @type {HTMLDetailsElement} */ (byId('speed-table'));
    this.table.addEventListener('toggle', () => this.fillTable());
    for (const input of document.querySelectorAll('input[name=trail-hours]')) {
      input.addEventListener('change', () => this.setHours(Number(/** @type {HTMLInputElement} */ (input).value)));
    }
    selection.addEventListener('fix', () => this.extend());
    selection.addEventListener('change', (event) => /** @type {CustomEvent} */ (event).detail === 'name' && void this.load());
    settings.addEventListener('change', () => this.redraw());
  }

  /** @param {number} hours */
  setHours(hours) {
    this.hours = hours;
    void this.load();
  }

  async load() {
    const { name } = this.selection;
    this.abort.abort();
    this.abort = new AbortController();
    const { signal } = this.abort;
    this.loaded = false;
    this.points = [];
    this.trail.clear();
    this.chart?.show([], [], this.settings.values.units);
    if (name === null) return;
    setText(this.caption, 'Loading the trail');
    const toMs = this.link.serverNowMs;
    try {
      const [points] = await Promise.all([fetchTrack(name, toMs - this.hours * HOUR_MS, toMs, toleranceM(this.hours), signal), this.loadChart()]);
      if (signal.aborted) return;
      this.points = points;
      this.loaded = true;
      this.redraw();
    } catch (error) {
      if (signal.aborted) return;
      const isUnknown = error instanceof ApiError && error.status === 404;
      setText(this.caption, isUnknown ? 'There is no trail.' : 'The trail could not be loaded. Choose a period to try again.');
    }
  }

  async loadChart() {
    if (this.chart) return;
    const { SpeedChart } = await import('./speed_chart.js');
    this.chart ??= new SpeedChart(byId('speed-chart'), (index) => this.markPoint(index));
  }

  /** @param {number} index */
  markPoint(index) {
    const point = this.points[index];
    this.trail.mark(point ? this.trail.timesMs.indexOf(Date.parse(point.recorded_at)) : -1);
  }

  redraw() {
    if (!this.loaded || !this.chart) return;
    this.trail.setPoints(this.points);
    const timesS = this.points.map((point) => Date.parse(point.recorded_at) / 1000);
    this.chart.show(timesS, this.points.map((point) => point.speed_kmh), this.settings.values.units);
    this.describe();
    this.fillTable();
  }

  describe() {
    const hours = this.hours === 1 ? 'hour' : `${this.hours} hours`;
    if (this.points.length < 2) return setText(this.caption, `No trail in the last ${hours}.`);
    const limit = toleranceM(this.hours);
    const note = limit ? ` Only fixes that shape the line are shown; those within ${limit} m of it are left out, and short peaks of speed with them.` : '';
    setText(this.caption, `${this.chart?.describe() ?? ''}${note}`);
  }

  /** Takes the vehicle's newest live fix, when it is new. */
  extend() {
    const { fix } = this.selection;
    if (!this.loaded || !fix || fix.status === 0) return;
    const last = this.points[this.points.length - 1];
    if (last && fix.recordedAtMs < Math.floor(Date.parse(last.recorded_at) / 1000) * 1000 + 1000) return;
    this.points.push({
      recorded_at: new Date(fix.recordedAtMs).toISOString(), lon: fix.longitude, lat: fix.latitude, speed_kmh: fix.speedKmh,
      heading_deg: fix.headingDeg, temperature_c: fix.temperatureC, ignition: fix.ignition, flags: [],
    });
    this.trail.append(fix.latitude, fix.longitude, fix.recordedAtMs);
    if (this.dropOld(fix.recordedAtMs) || !this.chart?.plot) return this.redraw();
    this.chart.append(fix.recordedAtMs / 1000, fix.speedKmh);
    this.describe();
  }

  /** Keeps the points to the chosen period, also when the panel stays open all day. @param {number} newestMs */
  dropOld(newestMs) {
    const periodMs = this.hours * HOUR_MS;
    if (newestMs - Date.parse(this.points[0].recorded_at) <= periodMs * PERIOD_SLACK) return false;
    this.points = this.points.filter((point) => newestMs - Date.parse(point.recorded_at) <= periodMs);
    return true;
  }

  fillTable() {
    const body = byId('speed-rows');
    body.replaceChildren();
    if (!this.table.open) return;
    const step = Math.max(1, Math.ceil(this.points.length / MAX_TABLE_ROWS));
    for (let index = this.points.length - 1; index >= 0; index -= step) body.append(this.tableRow(this.points[index]));
  }

  /** @param {import('./api.js').TrackPoint} point */
  tableRow(point) {
    const row = make('tr');
    const speed = point.speed_kmh === null ? 'unknown' : formatSpeed(point.speed_kmh, this.settings.values.units);
    row.append(make('td', '', formatDateTime(Date.parse(point.recorded_at))), make('td', '', speed), make('td', '', formatHeading(point.heading_deg)));
    return row;
  }
}

/** All fixes of a few hours; of more, those that shape the line, so that a day of one fix a second still fits. @param {number} hours */
function toleranceM(hours) {
  return hours <= 3 ? 0 : hours <= 12 ? 8 : 15;
}
