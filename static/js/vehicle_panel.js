// Everything about the selected vehicle: live figures from the stream, the registry's fields, and its last hours (vehicle_history).
import { ApiError, fetchVehicle } from './api.js';
import { byId, make, makeIcon, setText } from './dom.js';
import { STATUS_NAMES } from './fleet_store.js';
import { formatAge, formatDateTime, formatHeading, formatIgnition, formatPosition, formatSpeed, formatTemperature } from './format.js';

const REFRESH_MS = 10000;
const STATUS_LABELS = ['Out of view', 'Moving', 'Idling', 'Stopped', 'Silent'];

/** @typedef {import('./fleet_store.js').Fix & {receivedAtMs: number | null, version: number | null}} KnownFix */

export class VehiclePanel {
  /** @param {{selection: import('./selection.js').Selection, settings: import('./settings.js').Settings, link: import('./fleet_link.js').FleetLink}} parts */
  constructor({ selection, settings, link }) {
    this.selection = selection;
    this.settings = settings;
    this.link = link;
    this.element = byId('panel');
    this.notice = byId('panel-notice');
    this.facts = new FactList(byId('panel-facts'));
    this.more = new FactList(byId('panel-more'));
    this.followButton = byId('panel-follow');
    /** @type {any} the answer of GET /v1/vehicles/{name} */
    this.details = null;
    this.abort = new AbortController();
    this.refreshTimer = 0;
    byId('panel-close').addEventListener('click', () => selection.select(null));
    this.followButton.addEventListener('click', () => selection.follow(!selection.following));
    selection.addEventListener('fix', () => this.tick());
    selection.addEventListener('change', (event) => this.onSelection(/** @type {CustomEvent} */ (event).detail));
  }

  /** @param {string} what */
  onSelection(what) {
    this.followButton.setAttribute('aria-pressed', String(this.selection.following));
    setText(this.followButton, this.selection.following ? 'Following' : 'Follow');
    if (what === 'name') this.open();
  }

  open() {
    const { name } = this.selection;
    this.abort.abort();
    this.abort = new AbortController();
    clearTimeout(this.refreshTimer);
    this.details = null;
    this.element.hidden = name === null;
    byId('layout').classList.toggle('with-panel', name !== null);
    if (name === null) return;
    this.element.scrollTop = 0;
    setText(byId('panel-name'), name);
    this.showNotice('');
    this.facts.clear();
    this.more.clear();
    this.tick();
    void this.refresh(name);
  }

  /** @param {string} name */
  async refresh(name) {
    const { signal } = this.abort;
    try {
      this.details = await fetchVehicle(name, signal);
      this.showNotice('');
    } catch (error) {
      if (signal.aborted) return;
      this.showNotice(describeError(error, name));
    }
    if (signal.aborted) return;
    this.showDetails();
    this.tick();
    this.refreshTimer = window.setTimeout(() => void this.refresh(name), REFRESH_MS);
  }

  /** @param {string} text '' hides it */
  showNotice(text) {
    this.notice.hidden = text === '';
    setText(this.notice, text);
  }

  /** The newest fix from wherever it is known. @returns {KnownFix | null} */
  newestFix() {
    const known = fixOfPosition(this.details?.position);
    const live = this.selection.fix;
    if (!live) return known;
    const isCurrent = live.status !== 0 && (!known || live.recordedAtMs >= Math.floor(known.recordedAtMs / 1000) * 1000);
    if (!isCurrent && known) return known;
    const isSame = known !== null && Math.abs(known.recordedAtMs - live.recordedAtMs) < 1000;
    return { ...live, receivedAtMs: isSame ? known.receivedAtMs : null, version: isSame ? known.version : null };
  }

  /** Once a second and after each update. */
  tick() {
    if (this.selection.name === null) return;
    const fix = this.newestFix();
    this.showStatus(fix);
    if (!fix) {
      if (this.details) this.facts.show([['Position', 'has not reported one yet']]);
      return;
    }
    const nowMs = this.link.serverNowMs;
    const { units } = this.settings.values;
    this.facts.show([
      ['Speed', fix.speedKmh === null ? 'unknown' : formatSpeed(fix.speedKmh, units)],
      ['Heading', formatHeading(fix.headingDeg)],
      ['Ignition', formatIgnition(fix.ignition)],
      ['Temperature', formatTemperature(fix.temperatureC)],
      ['Position', formatPosition(fix.latitude, fix.longitude)],
      ['Age of the fix', formatAge(nowMs - fix.recordedAtMs)],
      ['Recorded', formatDateTime(fix.recordedAtMs)],
      ['Age of the feed', this.feedAge()],
    ]);
  }

  feedAge() {
    const { link } = this;
    if (link.state === 'live') return `${(link.behindMs / 1000).toFixed(1)} s`;
    return link.lastFrameAtMs ? `${formatAge(Date.now() - link.lastFrameAtMs)}, not live` : 'not connected';
  }

  /** @param {KnownFix | null} fix */
  showStatus(fix) {
    const status = fix?.status ?? 0;
    const line = byId('panel-status');
    const shape = STATUS_NAMES[status || 4];
    const isElsewhere = fix !== null && !this.selection.isPresent;
    const unknown = this.details ? 'No position yet' : this.notice.hidden ? 'Loading' : 'Not known';
    const text = fix ? `${STATUS_LABELS[status]}${isElsewhere && status ? ', out of view' : ''}` : unknown;
    if (line.dataset.shape !== shape) {
      line.dataset.shape = shape;
      line.replaceChildren(makeIcon(`shape-${shape}`, `status-${shape}`), make('span'));
    }
    setText(/** @type {Element} */ (line.lastElementChild), text);
  }

  showDetails() {
    const { details } = this;
    if (!details) return;
    const position = details.position ?? {};
    /** @type {[string, string][]} */
    const rows = [
      ['Vehicle id', String(details.vehicle_id)],
      ['VIN', details.vin ?? 'not set'],
      ['Kind', details.kind ?? 'not set'],
      ['Fleet', details.fleet ?? 'not set'],
      ['Registered', formatDateTime(Date.parse(details.created_at))],
    ];
    if (details.retired_at) rows.push(['Taken off the map', formatDateTime(Date.parse(details.retired_at))]);
    if (position.received_at) rows.push(['Received', formatDateTime(Date.parse(position.received_at))]);
    if (position.version !== undefined) rows.push(['Version', String(position.version)]);
    if (details.position) rows.push(['Flags', position.flags?.length ? position.flags.join(', ') : 'none']);
    for (const [key, value] of Object.entries(details.attributes ?? {})) rows.push([key, plainText(value)]);
    rows.push(...extraRows(details.extra));
    this.more.show(rows);
  }
}

/** What the event said beyond the fields; members of its parts (event, reported, stale) stand one by one.
 * @param {Record<string, unknown> | null | undefined} extra
 * @returns {[string, string][]} */
function extraRows(extra) {
  return Object.entries(extra ?? {}).flatMap(([key, value]) => (value !== null && typeof value === 'object' && !Array.isArray(value)
    ? Object.entries(value).map(([part, inner]) => /** @type {[string, string]} */ ([`${key}: ${part}`, plainText(inner)]))
    : [/** @type {[string, string]} */ ([key, plainText(value)])]));
}

/** A list of terms and values that rewrites only what changed. */
class FactList {
  /** @param {HTMLElement} list */
  constructor(list) {
    this.list = list;
    this.shape = '';
    /** @type {HTMLElement[]} */
    this.values = [];
  }

  clear() {
    this.shape = '';
    this.values = [];
    this.list.replaceChildren();
  }

  /** @param {[string, string][]} rows */
  show(rows) {
    const shape = rows.map(([term]) => term).join('\n');
    if (shape !== this.shape) {
      this.clear();
      this.shape = shape;
      for (const [term] of rows) {
        const value = make('dd');
        this.values.push(value);
        this.list.append(make('dt', '', term), value);
      }
    }
    rows.forEach(([, text], index) => setText(this.values[index], text));
  }
}

/** @param {any} position of the REST interface @returns {KnownFix | null} */
function fixOfPosition(position) {
  if (!position) return null;
  return {
    latitude: position.lat,
    longitude: position.lon,
    recordedAtMs: Date.parse(position.recorded_at),
    receivedAtMs: position.received_at ? Date.parse(position.received_at) : null,
    version: position.version ?? null,
    speedKmh: position.speed_kmh ?? null,
    headingDeg: position.heading_deg ?? null,
    temperatureC: position.temperature_c ?? null,
    ignition: position.ignition ?? null,
    status: Math.max(0, STATUS_NAMES.indexOf(position.status)),
  };
}

/** @param {unknown} value */
function plainText(value) {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** @param {unknown} error @param {string} name */
function describeError(error, name) {
  if (!(error instanceof ApiError)) return 'The details could not be read.';
  if (error.status === 404) return `There is no vehicle ${name}.`;
  return `${error.message}${error.requestId ? ` (request ${error.requestId})` : ''} What the stream says is shown.`;
}
