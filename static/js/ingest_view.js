// The ingest view: what came by which way, what waits, what was rejected. Loaded when it is first opened.
import { byId, setText } from './dom.js';
import { EventTrace } from './event_trace.js';
import { formatAge, formatClockSeconds } from './format.js';
import { IngestFigures } from './ingest_figures.js';
import { ObjectTrouble } from './object_trouble.js';
import { RejectedList } from './rejected_list.js';

const DEFAULT_FILTER = 'open=true';

export class IngestView extends EventTarget {
  /** @param {import('./ingest_status.js').IngestStatus} status */
  constructor(status) {
    super();
    this.status = status;
    this.rejected = new RejectedList();
    this.trace = new EventTrace();
    this.figures = new IngestFigures(status, (reason) => this.listReason(reason));
    this.notice = byId('ingest-notice');
    this.isShown = false;
    /** What the list of rejected was read after. */
    this.rejectedSeen = '';
    new ObjectTrouble();
    status.addEventListener('change', () => this.onStatus());
    this.rejected.addEventListener('replayed', () => void status.ask());
    for (const part of [this.rejected, this.trace]) {
      for (const name of ['filter', 'change']) part.addEventListener(name, () => this.dispatchEvent(new CustomEvent('change')));
    }
    setInterval(() => this.isShown && this.tick(), 1000);
  }

  /** @returns {import('./url_state.js').ViewFields} for the address */
  get urlFields() {
    const filter = this.rejected.filter.toString();
    return { ...(filter === DEFAULT_FILTER ? {} : { rejected: filter }), ...(this.trace.asked ? { trace: this.trace.asked } : {}) };
  }

  /** @param {import('./url_state.js').ViewFields} fields */
  open({ rejected, trace }) {
    this.isShown = true;
    this.rejected.setFilter(rejected ?? DEFAULT_FILTER);
    if (trace) this.trace.ask(trace);
    this.status.look(true);
    void this.rejected.read();
    this.tick();
  }

  close() {
    this.isShown = false;
    this.status.look(false);
  }

  onStatus() {
    if (!this.isShown) return;
    this.tick();
    const seen = JSON.stringify(this.status.last?.rejected ?? null);
    if (seen !== this.rejectedSeen && this.rejected.isAtStart && this.rejectedSeen !== '') void this.rejected.read();
    this.rejectedSeen = seen;
  }

  tick() {
    this.figures.show();
    const { last, failure, serverNowMs } = this.status;
    const asOfMs = last?.database.as_of ? Date.parse(last.database.as_of) : 0;
    setText(byId('ingest-as-of'), asOfMs ? `As of ${formatClockSeconds(asOfMs)}` : '');
    const text = failure || (last?.database.is_away ? describeAway(asOfMs, serverNowMs) : last && last.spool.damaged_files > 0
      ? `A damaged spool file was moved aside and kept (${last.spool.damaged_files}): see the log.` : '');
    this.notice.hidden = text === '';
    setText(this.notice, text);
  }

  /** @param {import('./ingest_status.js').Reason} reason */
  listReason(reason) {
    this.rejected.setFilter(new URLSearchParams({ source: reason.source, reason: reason.reason, open: String(reason.open > 0) }).toString());
    this.rejected.onFilter();
    byId('rejected-form').scrollIntoView({ block: 'start' });
  }
}

/** @param {number} asOfMs @param {number} nowMs */
function describeAway(asOfMs, nowMs) {
  return asOfMs ? `The database is away: these figures are ${formatAge(nowMs - asOfMs)} old.` : 'The database is away, and its figures have not been read since this server started.';
}
