// One line over the map when it must not be taken for what it looks like: positions that are no longer live come first,
// a background that is missing second.
import { byId, setText } from './dom.js';
import { formatDateTime } from './format.js';

const TOLERATED_MS = 5000;

export class MapNotice {
  /** @param {import('./stream.js').Stream} stream */
  constructor(stream) {
    this.stream = stream;
    this.element = byId('map-notice');
    this.background = '';
    stream.addEventListener('state', () => this.show());
  }

  /** @param {string} text '' when all is well */
  setBackground(text) {
    this.background = text;
    this.show();
  }

  show() {
    const { stream } = this;
    const isOld = stream.state !== 'live' && stream.lastFrameAtMs > 0 && Date.now() - stream.lastFrameAtMs > TOLERATED_MS;
    const text = isOld ? `Not live: positions as of ${formatDateTime(stream.lastFrameAtMs)}.` : this.background;
    if (this.element.hidden !== (text === '')) this.element.hidden = text === '';
    setText(this.element, text);
  }
}
