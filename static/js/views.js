// Which view is shown: the map, or another one above it. The map goes on underneath, so that coming back shows it as it is. The
// others are loaded when they are first opened.
import { byId, setText } from './dom.js';

/** @typedef {import('./url_state.js').ViewName} ViewName */
/** @typedef {import('./url_state.js').ViewFields} ViewFields */
/** A view above the map. Tells by `change` that its fields of the address are others now.
 * @typedef {EventTarget & {urlFields: ViewFields, open: (fields: ViewFields) => void, close: () => void}} SheetView */

/** @type {Record<ViewName, {title: string | null, skip: string}>} */
const WORDS = {
  map: { title: null, skip: 'Skip to the vehicle list' },
  speeding: { title: 'Speeding', skip: 'Skip to the report' },
  ingest: { title: 'Ingest', skip: 'Skip to the figures' },
};
const NAMES = /** @type {ViewName[]} */ (Object.keys(WORDS));

export class Views extends EventTarget {
  /** @param {{ingestStatus: import('./ingest_status.js').IngestStatus, settings: import('./settings.js').Settings}} parts */
  constructor(parts) {
    super();
    this.parts = parts;
    /** @type {ViewName} */
    this.name = 'map';
    /** What the address said of a view that is still being loaded. @type {ViewFields} */
    this.asked = {};
    /** @type {Partial<Record<ViewName, SheetView>>} */
    this.loaded = {};
    for (const name of NAMES) {
      byId(`nav-${name}`).addEventListener('click', (event) => {
        event.preventDefault();
        if (name !== this.name) this.turnTo(name);
      });
    }
  }

  get isMap() {
    return this.name === 'map';
  }

  get title() {
    return WORDS[this.name].title;
  }

  /** @returns {import('./url_state.js').ShownView} for the address */
  get urlState() {
    return { name: this.name, fields: this.loaded[this.name]?.urlFields ?? this.asked };
  }

  /** @param {ViewName} name */
  toggle(name) {
    this.turnTo(this.name === name ? 'map' : name);
  }

  /** A person's step: tells of it by `turn`. @param {ViewName} name */
  turnTo(name) {
    void this.apply({ name, fields: this.loaded[name]?.urlFields ?? {} });
    this.dispatchEvent(new CustomEvent('turn'));
    byId(name).focus({ preventScroll: true });
  }

  /** What the address says. @param {import('./url_state.js').ShownView} state */
  async apply({ name, fields }) {
    if (name !== this.name) this.loaded[this.name]?.close();
    this.name = name;
    this.asked = fields;
    for (const each of NAMES) {
      if (each !== 'map') byId(each).hidden = each !== name;
      byId(`nav-${each}`).toggleAttribute('aria-current', false);
    }
    byId(`nav-${name}`).setAttribute('aria-current', 'page');
    byId('layout').inert = name !== 'map';
    setText(byId('skip-link'), WORDS[name].skip);
    this.dispatchEvent(new CustomEvent('title'));
    if (name === 'map') return;
    this.loaded[name] ??= await this.load(name);
    if (this.name === name) this.loaded[name]?.open(this.asked);
  }

  /** @param {ViewName} name @returns {Promise<SheetView>} */
  async load(name) {
    const view = name === 'speeding' ? new (await import('./speeding_view.js')).SpeedingView(this.parts.settings)
      : new (await import('./ingest_view.js')).IngestView(this.parts.ingestStatus);
    // Two steps in haste may both have loaded it: the first stays.
    const kept = this.loaded[name] ?? view;
    if (kept === view) view.addEventListener('change', () => this.dispatchEvent(new CustomEvent('change')));
    return kept;
  }
}
