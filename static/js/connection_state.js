// Says in words whether what is on the screen is live, and how far behind. The words are announced (role=status);
// the ticking figures are not.
import { byId, setText } from './dom.js';

export class ConnectionState {
  /** @param {import('./stream.js').Stream} stream */
  constructor(stream) {
    this.stream = stream;
    this.container = byId('connection');
    this.words = byId('connection-words');
    this.figure = byId('connection-figure');
    const retry = byId('connection-retry');
    this.retry = retry;
    retry.addEventListener('click', () => stream.connectNow());
    stream.addEventListener('state', () => this.show());
    this.show();
  }

  show() {
    const { stream } = this;
    this.container.dataset.state = stream.state;
    const [words, figure] = this.describe();
    setText(this.words, words);
    setText(this.figure, figure);
    this.retry.hidden = stream.state !== 'waiting';
  }

  /** @returns {[string, string]} */
  describe() {
    const { stream } = this;
    const silentS = Math.round((Date.now() - stream.lastFrameAtMs) / 1000);
    switch (stream.state) {
      case 'live':
        return ['Live', `${(stream.behindMs / 1000).toFixed(1)} s behind`];
      case 'stale':
        return ['Stale', `nothing for ${silentS} s`];
      case 'waiting':
        return ['Reconnecting', `in ${Math.max(0, Math.ceil((stream.retryAtMs - Date.now()) / 1000))} s`];
      default:
        return [stream.lastFrameAtMs ? 'Reconnecting' : 'Connecting', 'now'];
    }
  }
}
