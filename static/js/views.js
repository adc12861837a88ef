// Which of the two views is shown: the map, or ingest above it. The map goes on underneath, so that coming back shows it as it is.
import { byId, setText } from './dom.js';

/** @typedef {import('./url_state.js').IngestState} IngestState */

export class Views extends EventTarget {
  /** @param {import('./ingest_status.js').IngestStatus} status */
  constructor(status) {
    super();
    this.status = status;
    this.isIngest = false;
    /** @type {import('./ingest_view.js').IngestView | null} */
    this.ingest = null;
    /** @type {[string, boolean][]} */ ([['nav-map', false], ['nav-ingest', true]]).forEach(([id, isIngest]) => {
      byId(id).addEventListener('click', (event) => {
        event.preventDefault();
        if (isIngest !== this.isIngest) this.turnTo(isIngest);
      });
    });
  }

  /** @returns {IngestState} for the address */
  get urlState() {
    return { isOpen: this.isIngest, ...(this.ingest?.urlState ?? { rejected: null, trace: null }) };
  }

  toggle() {
    this.turnTo(!this.isIngest);
  }

  /** A person's step: tells of it by `turn`. @param {boolean} isIngest */
  turnTo(isIngest) {
    void this.apply({ ...this.urlState, isOpen: isIngest });
    this.dispatchEvent(new CustomEvent('turn'));
    byId(isIngest ? 'ingest' : 'map').focus({ preventScroll: true });
  }

  /** What the address says. @param {IngestState} state */
  async apply(state) {
    this.isIngest = state.isOpen;
    byId('ingest').hidden = !state.isOpen;
    byId('layout').inert = state.isOpen;
    byId('nav-map').toggleAttribute('aria-current', false);
    byId('nav-ingest').toggleAttribute('aria-current', false);
    byId(state.isOpen ? 'nav-ingest' : 'nav-map').setAttribute('aria-current', 'page');
    setText(byId('skip-link'), state.isOpen ? 'Skip to the figures' : 'Skip to the vehicle list');
    this.dispatchEvent(new CustomEvent('title'));
    if (!state.isOpen) return this.ingest?.close();
    this.ingest ??= await this.load();
    if (this.isIngest) this.ingest.open(state);
  }

  async load() {
    const { IngestView } = await import('./ingest_view.js');
    const ingest = new IngestView(this.status);
    ingest.addEventListener('change', () => this.dispatchEvent(new CustomEvent('change')));
    return ingest;
  }
}
