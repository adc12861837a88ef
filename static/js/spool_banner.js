// One line over every view while the database is away, and until what was kept meanwhile is stored.
import { byId, setText } from './dom.js';
import { formatAge, formatBytes, formatCount } from './format.js';

const NEARLY_FULL = 0.9;

export class SpoolBanner {
  /** @param {import('./ingest_status.js').IngestStatus} status */
  constructor(status) {
    this.status = status;
    this.element = byId('spool-banner');
    this.words = byId('spool-words');
    this.figure = byId('spool-figure');
    status.addEventListener('change', () => this.show());
    status.link.addEventListener('database', () => this.show());
  }

  show() {
    const [words, figure] = this.describe();
    if (this.element.hidden !== (words === '')) this.element.hidden = words === '';
    setText(this.words, words);
    setText(this.figure, figure);
  }

  /** The words are announced, the ticking figure is not. @returns {[string, string]} */
  describe() {
    const { status } = this;
    const spool = status.last?.spool;
    if (!status.databaseIsAway) {
      return spool && spool.entries > 0 ? ['The database is back: what was kept on disk is being stored,', describeWaiting(spool, status.serverNowMs)] : ['', ''];
    }
    if (!spool) return ['The database is away.', ''];
    if (!spool.is_on) return ['The database is away: senders are told to come again until it is back.', ''];
    return [`The database is away: events are kept on disk${describeRoom(spool)}`, describeWaiting(spool, status.serverNowMs)];
  }
}

/** @param {import('./ingest_status.js').Spool} spool */
function describeRoom(spool) {
  if (spool.bytes >= spool.bytes_max) return ', but there is no more room: senders are told to come again,';
  return spool.bytes >= NEARLY_FULL * spool.bytes_max ? ', where room is running out,' : ',';
}

/** @param {import('./ingest_status.js').Spool} spool @param {number} nowMs */
function describeWaiting(spool, nowMs) {
  const oldest = spool.oldest_received_at ? `, the oldest for ${formatAge(nowMs - Date.parse(spool.oldest_received_at))}` : '';
  const size = spool.bytes > 0 ? ` (${formatBytes(spool.bytes)})` : '';
  return `${formatCount(spool.entries)} waiting${size}${oldest}.`;
}
