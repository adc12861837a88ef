// The list of rejected events: filter, bytes, replay.
import { describeError, fetchNext, fetchRejected, fetchRejectedEvent, replayMatching, replayRejected } from './api.js';
import { byId, make, setText } from './dom.js';
import { formatBytes, formatCount, formatDateTime } from './format.js';
import { PATH_NAMES, pathWord } from './ingest_words.js';
import { KeyedList } from './keyed_list.js';

const PAGE = 20;

/** @typedef {{rejected_id: number, received_at: string, source: string, vehicle: string | null, vehicle_hint: string | null, field: string, reason: string,
 *   request_id: string, body_bytes: number, replay: {times: number, last_at: string, outcome: string} | null}} Rejected */

export class RejectedList extends EventTarget {
  constructor() {
    super();
    this.form = /** @type {HTMLFormElement} */ (byId('rejected-form'));
    this.source = /** @type {HTMLSelectElement} */ (byId('rejected-source'));
    this.vehicle = /** @type {HTMLInputElement} */ (byId('rejected-vehicle'));
    this.reason = /** @type {HTMLInputElement} */ (byId('rejected-reason'));
    this.open = /** @type {HTMLInputElement} */ (byId('rejected-open'));
    this.state = byId('rejected-state');
    this.more = byId('rejected-more');
    this.replayAll = /** @type {HTMLButtonElement} */ (byId('replay-all'));
    this.list = new KeyedList(byId('rejected-list'), { key: (item) => String(item.rejected_id), build: (item) => this.build(item), update: updateItem });
    /** @type {Rejected[]} */
    this.items = [];
    /** @type {string | null} */
    this.next = null;
    this.abort = new AbortController();
    for (const path of PATH_NAMES) this.source.append(new Option(pathWord(path), path));
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.onFilter();
    });
    for (const field of [this.source, this.open]) field.addEventListener('change', () => this.onFilter());
    this.more.addEventListener('click', () => void this.readMore());
    this.replayAll.addEventListener('click', () => void this.replayMatching());
  }

  /** What is listed, as the parameters of the API. */
  get filter() {
    const query = new URLSearchParams();
    for (const [name, field] of /** @type {[string, {value: string}][]} */ ([['source', this.source], ['vehicle', this.vehicle], ['reason', this.reason]])) {
      const value = field.value.trim();
      if (value) query.set(name, value);
    }
    if (this.open.checked) query.set('open', 'true');
    return query;
  }

  /** @param {string} query as `filter` gave it */
  setFilter(query) {
    const fields = new URLSearchParams(query);
    this.source.value = fields.get('source') ?? '';
    this.vehicle.value = fields.get('vehicle') ?? '';
    this.reason.value = fields.get('reason') ?? '';
    this.open.checked = fields.get('open') === 'true';
  }

  onFilter() {
    this.dispatchEvent(new CustomEvent('filter'));
    setText(this.state, '');
    void this.read();
  }

  /** The first page anew; what was opened stays open. */
  async read() {
    this.abort.abort();
    this.abort = new AbortController();
    const { signal } = this.abort;
    const query = this.filter;
    query.set('limit', String(PAGE));
    try {
      const page = await fetchRejected(query, signal);
      this.items = page.items;
      this.next = page.next;
      this.show();
    } catch (error) {
      if (!signal.aborted) setText(this.state, describeError(error));
    }
  }

  /** Whether a refresh takes nothing away from under a reader's eyes. */
  get isAtStart() {
    return this.items.length <= PAGE && !this.list.container.querySelector('details[open], .outcome:not(:empty)');
  }

  async readMore() {
    if (this.next === null) return;
    try {
      const page = await fetchNext(this.next, this.abort.signal);
      this.items = [...this.items, ...page.items];
      this.next = page.next;
      this.show();
    } catch (error) {
      if (!this.abort.signal.aborted) setText(this.state, describeError(error));
    }
  }

  show() {
    this.list.show(this.items);
    this.more.hidden = this.next === null;
    this.replayAll.hidden = this.items.length === 0;
    if (this.items.length === 0) setText(this.state, 'No rejected event fits.');
    else if (this.state.textContent === 'No rejected event fits.') setText(this.state, '');
  }

  /** @param {Rejected} item */
  build(item) {
    const element = make('li', 'rejected with-action');
    const head = make('p', 'rejected-head');
    head.append(make('strong', 'rejected-reason'), make('code', 'rejected-field'));
    const bytes = make('details');
    const summary = make('summary', '', `Bytes (${formatBytes(item.body_bytes)})`);
    bytes.append(summary);
    bytes.addEventListener('toggle', () => bytes.open && void showBytes(bytes, item.rejected_id));
    const replay = make('button', 'button action', 'Replay');
    replay.type = 'button';
    replay.setAttribute('aria-label', `Replay rejected event ${item.rejected_id}`);
    const outcome = make('p', 'outcome');
    outcome.setAttribute('role', 'status');
    replay.addEventListener('click', () => void this.replay(item.rejected_id, replay, outcome));
    element.append(head, make('p', 'quiet rejected-about'), replay, bytes, outcome);
    return element;
  }

  /** @param {number} id @param {HTMLButtonElement} button @param {HTMLElement} outcome */
  async replay(id, button, outcome) {
    button.disabled = true;
    setText(outcome, 'Reading it again …');
    try {
      const result = await replayRejected(id);
      setText(outcome, result.stored > 0 ? `Stored: ${countEvents(result.stored)}.` : 'Its events were there already.');
      button.hidden = true;
    } catch (error) {
      setText(outcome, describeError(error));
    }
    button.disabled = false;
    this.dispatchEvent(new CustomEvent('replayed'));
  }

  /** In portions, so that there is something to be seen. */
  async replayMatching() {
    const query = this.filter;
    query.delete('open');
    query.set('limit', '500');
    this.replayAll.disabled = true;
    const sums = { replayed: 0, settled: 0 };
    try {
      for (let after = /** @type {number | null} */ (0); after !== null; ) {
        query.set('after', String(after));
        const part = await replayMatching(query);
        sums.replayed += part.replayed;
        sums.settled += part.settled;
        after = part.after;
        setText(this.state, `${formatCount(sums.replayed)} read again: ${formatCount(sums.settled)} stored, ${formatCount(sums.replayed - sums.settled)} still rejected.`);
      }
    } catch (error) {
      setText(this.state, describeError(error));
    }
    this.replayAll.disabled = false;
    this.dispatchEvent(new CustomEvent('replayed'));
    await this.read();
  }
}

/** @param {HTMLElement} element @param {Rejected} item */
function updateItem(element, item) {
  const isSettled = item.replay !== null && item.replay.outcome !== 'rejected';
  const find = (/** @type {string} */ name) => /** @type {HTMLElement} */ (element.querySelector(name));
  setText(find('.rejected-reason'), item.reason);
  setText(find('.rejected-field'), item.field === '$' ? 'the whole' : item.field);
  const who = item.vehicle ?? item.vehicle_hint ?? 'unknown vehicle';
  const replayed = item.replay ? `. Replayed ${item.replay.times === 1 ? 'once' : `${item.replay.times} times`}${isSettled ? ': stored' : ', still rejected'}` : '';
  setText(find('.rejected-about'), `${formatDateTime(Date.parse(item.received_at))} · ${pathWord(item.source)} · ${who} · ${item.request_id}${replayed}`);
  if (isSettled) find('button').hidden = true;
}

/** @param {HTMLDetailsElement} details @param {number} id */
async function showBytes(details, id) {
  if (details.querySelector('pre')) return;
  const text = make('pre', 'bytes', '…');
  text.tabIndex = 0;
  details.append(text);
  try {
    const event = await fetchRejectedEvent(id);
    setText(text, event.body_encoding === 'text' ? event.body || '(nothing)' : `base64, because it is no text:\n${event.body}`);
  } catch (error) {
    setText(text, describeError(error));
  }
}

/** @param {number} count */
function countEvents(count) {
  return count === 1 ? 'one event' : `${formatCount(count)} events`;
}
