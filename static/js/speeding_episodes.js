// The dialog that lists the episodes of one row of the league table, worst first, and shows the one that was pressed. Tells by `change`
// what the address should hold, by `review` that figures may be others now.
import { describeError, fetchNext } from './api.js';
import { byId, make, setText } from './dom.js';
import { formatSpeed } from './format.js';
import { fetchEpisodes } from './speeding_api.js';
import { SpeedingEpisode } from './speeding_episode.js';
import { addDays } from './speeding_filter.js';
import { formatExcess, formatInZone, rowName } from './speeding_words.js';

/** @typedef {import('./speeding_api.js').Episode} Episode */
/** @typedef {import('./speeding_api.js').GroupBy} GroupBy */

const AT_ONCE = '50';
const REVIEW_WORDS = { open: '', confirmed: 'confirmed', excused: 'excused', disputed: 'disputed' };

export class SpeedingEpisodes extends EventTarget {
  /** @param {import('./settings.js').Settings} settings */
  constructor(settings) {
    super();
    this.settings = settings;
    this.dialog = /** @type {HTMLDialogElement} */ (byId('speeding-row'));
    this.list = byId('episode-list');
    this.more = byId('episode-more');
    this.state = byId('episode-state');
    this.episode = new SpeedingEpisode(settings);
    this.abort = new AbortController();
    /** What is listed, as the address says it: vehicle=NAME, driver=NAME or day=2026-11-22. */
    this.row = '';
    this.zone = 'UTC';
    /** @type {Episode[]} */
    this.items = [];
    /** @type {string | null} */
    this.next = null;
    this.more.addEventListener('click', () => void this.readMore());
    byId('speeding-row-close').addEventListener('click', () => this.dialog.close());
    this.dialog.addEventListener('close', () => this.onClose());
    this.episode.addEventListener('review', () => {
      this.dispatchEvent(new CustomEvent('review'));
      void this.readAgain();
    });
  }

  /** @returns {import('./url_state.js').ViewFields} for the address */
  get urlFields() {
    if (!this.row) return {};
    return { row: this.row, ...(this.episode.id === 0 ? {} : { episode: String(this.episode.id) }) };
  }

  /** @param {string} row as the address says it @param {URLSearchParams} query of the report @param {string} zone @param {number} episode 0: none */
  open(row, query, zone, episode) {
    this.row = row;
    this.zone = zone;
    this.query = episodesQuery(row, query);
    this.episode.clear();
    this.list.replaceChildren();
    setText(byId('speeding-row-heading'), `Episodes: ${describeRow(row)}`);
    if (!this.dialog.open) this.dialog.showModal();
    this.dispatchEvent(new CustomEvent('change'));
    void this.read();
    if (episode) this.choose(episode);
  }

  close() {
    if (this.dialog.open) this.dialog.close();
  }

  onClose() {
    this.abort.abort();
    this.row = '';
    this.episode.clear();
    this.dispatchEvent(new CustomEvent('change'));
  }

  async read() {
    setText(this.state, 'Reading the episodes.');
    await this.readAgain();
  }

  /** The first page anew. */
  async readAgain() {
    this.abort.abort();
    this.abort = new AbortController();
    await this.take(fetchEpisodes(this.query ?? new URLSearchParams(), this.abort.signal), []);
  }

  async readMore() {
    if (this.next !== null) await this.take(fetchNext(this.next, this.abort.signal), this.items);
  }

  /** @param {Promise<{items: Episode[], next: string | null}>} asked @param {Episode[]} before */
  async take(asked, before) {
    const { signal } = this.abort;
    try {
      const page = await asked;
      this.items = [...before, ...page.items];
      this.next = page.next;
      this.show();
    } catch (error) {
      if (!signal.aborted) setText(this.state, describeError(error));
    }
  }

  show() {
    setText(this.state, this.items.length === 0 ? 'No episode counts with these filters.' : '');
    const hadFocus = this.list.contains(document.activeElement);
    this.list.replaceChildren(...this.items.map((item) => this.build(item)));
    this.mark();
    if (hadFocus) this.list.querySelector('button')?.focus();
    this.more.hidden = this.next === null;
  }

  /** @param {Episode} item */
  build(item) {
    const { units } = this.settings.values;
    const line = make('li');
    const button = make('button', 'episode-button');
    button.type = 'button';
    button.dataset.id = String(item.id);
    button.append(make('strong', '', `${formatExcess(item.max_excess_kmh, units)}`), make('span', 'episode-band', item.band),
      make('span', 'quiet', `${formatInZone(item.started_at, this.zone, { dateStyle: 'medium', timeStyle: 'short' })}`),
      make('span', 'quiet', `limit ${formatSpeed(item.limit_kmh, units)}, ${Math.round(item.duration_s)} s${item.road ? `, ${item.road}` : ''}`));
    if (REVIEW_WORDS[item.review]) button.append(make('span', 'episode-review', REVIEW_WORDS[item.review]));
    button.addEventListener('click', () => this.choose(item.id));
    line.append(button);
    return line;
  }

  /** @param {number} id */
  choose(id) {
    void this.episode.open(id, this.zone);
    this.mark();
    this.dispatchEvent(new CustomEvent('change'));
  }

  /** Which one is shown. */
  mark() {
    for (const button of this.list.querySelectorAll('button')) button.setAttribute('aria-pressed', String(Number(button.dataset.id) === this.episode.id));
  }
}

/** The row as the address says it. @param {import('./speeding_api.js').Row} row */
export function rowKey(row) {
  if (row.day !== undefined) return `day=${row.day}`;
  return row.vehicle !== undefined ? `vehicle=${row.vehicle}` : `driver=${row.driver ?? ''}`;
}

/** @param {string} key @returns {[string, string]} */
function parseRowKey(key) {
  const at = key.indexOf('=');
  return [key.slice(0, at), key.slice(at + 1)];
}

/** @param {string} key */
function describeRow(key) {
  const [group, name] = parseRowKey(key);
  if (group === 'day') return rowName(/** @type {import('./speeding_api.js').Row} */ ({ day: name }));
  return name || 'nobody known';
}

/** @param {string} key @param {URLSearchParams} report */
function episodesQuery(key, report) {
  const query = new URLSearchParams(report);
  const [group, name] = parseRowKey(key);
  query.delete('group_by');
  query.set('sort', 'worst');
  query.set('limit', AT_ONCE);
  if (group !== 'day') {
    query.set(group, name);
    return query;
  }
  query.delete('range');
  query.set('from', name);
  query.set('to', addDays(name, 1));
  return query;
}
