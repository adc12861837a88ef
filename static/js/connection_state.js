// Says in words whether what is on the screen is live, and how far behind. The words are announced (role=status);
// the ticking figures are not.
import { byId, setText } from './dom.js';

export class ConnectionState {
  /** @param {import('./fleet_link.js').FleetLink} link */
  constructor(link) {
    this.link = link;
    this.container = byId('connection');
    this.words = byId('connection-words');
    this.figure = byId('connection-figure');
    const retry = byId('connection-retry');
    this.retry = retry;
    retry.addEventListener('click', () => link.connectNow());
    link.addEventListener('state', () => this.show());
    this.show();
  }

  show() {
    const { link } = this;
    this.container.dataset.state = link.state;
    const [words, figure] = this.describe();
    setText(this.words, words);
    setText(this.figure, figure);
    this.retry.hidden = link.state !== 'waiting';
  }

  /** @returns {[string, string]} */
  describe() {
    const { link } = this;
    const silentS = Math.round((Date.now() - link.lastFrameAtMs) / 1000);
    switch (link.state) {
      case 'live':
        return ['Live', `${(link.behindMs / 1000).toFixed(1)} s behind`];
      case 'stale':
        return ['Stale', `nothing for ${silentS} s`];
      case 'waiting':
        return ['Reconnecting', `in ${Math.max(0, Math.ceil((link.retryAtMs - Date.now()) / 1000))} s`];
      default:
        return [link.lastFrameAtMs ? 'Reconnecting' : 'Connecting', 'now'];
    }
  }
}
