// One line over the map when it must not be taken for what it looks like: positions that are no longer live come first,
// a background that is missing second.
import { byId, setText } from './dom.js';
import { formatDateTime } from './format.js';

const TOLERATED_MS = 5000;

export class MapNotice {
  /** @param {import('./fleet_link.js').FleetLink} link */
  constructor(link) {
    this.link = link;
    this.element = byId('map-notice');
    this.background = '';
    link.addEventListener('state', () => this.show());
  }

  /** @param {string} text '' when all is well */
  setBackground(text) {
    this.background = text;
    this.show();
  }

  show() {
    const { link } = this;
    const isOld = link.state !== 'live' && link.lastFrameAtMs > 0 && Date.now() - link.lastFrameAtMs > TOLERATED_MS;
    const text = isOld ? `Not live: positions as of ${formatDateTime(link.lastFrameAtMs)}.` : this.background;
    if (this.element.hidden !== (text === '')) this.element.hidden = text === '';
    setText(this.element, text);
  }
}
