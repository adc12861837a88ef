// The speeding view: who drove too fast, and how often. Loaded when it is first opened.
import { describeError, fetchNext } from './api.js';
import { byId, setText } from './dom.js';
import { formatCount } from './format.js';
import { fetchReport } from './speeding_api.js';
import { SpeedingEpisodes, rowKey } from './speeding_episodes.js';
import { SpeedingFilter } from './speeding_filter.js';
import { SpeedingSql } from './speeding_sql.js';
import { describeEmptiness, showSummary } from './speeding_summary.js';
import { SpeedingTable } from './speeding_table.js';

export class SpeedingView extends EventTarget {
  /** @param {import('./settings.js').Settings} settings */
  constructor(settings) {
    super();
    this.settings = settings;
    this.filter = new SpeedingFilter(settings);
    this.table = new SpeedingTable();
    this.sql = new SpeedingSql();
    this.episodes = new SpeedingEpisodes(settings);
    this.area = byId('speeding-report');
    this.more = byId('speeding-more');
    this.abort = new AbortController();
    /** @type {import('./speeding_api.js').Report | null} */
    this.report = null;
    /** @type {import('./speeding_api.js').Row[]} */
    this.rows = [];
    /** @type {string | null} */
    this.next = null;
    /** What the address wants opened as soon as the zone is known. @type {import('./url_state.js').ViewFields} */
    this.wanted = {};
    this.table.addEventListener('choose', (event) => this.openRow(rowKey(/** @type {CustomEvent} */ (event).detail), 0));
    this.episodes.addEventListener('change', () => this.dispatchEvent(new CustomEvent('change')));
    this.episodes.addEventListener('review', () => void this.read());
    this.filter.addEventListener('change', () => this.onFilter());
    this.more.addEventListener('click', () => void this.readMore());
    byId('speeding-show-sql').addEventListener('click', () => void this.sql.show(this.filter.query));
    byId('speeding-print').addEventListener('click', () => print());
    settings.addEventListener('change', (event) => /** @type {CustomEvent} */ (event).detail === 'units' && this.onUnits());
  }

  /** @returns {import('./url_state.js').ViewFields} for the address */
  get urlFields() {
    const query = this.filter.query.toString();
    return { ...(query ? { report: query } : {}), ...(this.wanted.row ? this.wanted : this.episodes.urlFields) };
  }

  /** @param {import('./url_state.js').ViewFields} fields */
  open({ report, ...wanted }) {
    this.filter.setQuery(report ?? '');
    this.wanted = wanted;
    if (!wanted.row) this.episodes.close();
    void this.read();
  }

  close() {
    this.abort.abort();
    this.episodes.close();
  }

  /** @param {string} row as the address says it @param {number} episode 0: none */
  openRow(row, episode) {
    this.wanted = {};
    this.episodes.open(row, this.filter.query, this.report?.tz ?? 'UTC', episode);
  }

  onFilter() {
    this.dispatchEvent(new CustomEvent('change'));
    void this.read();
  }

  onUnits() {
    this.filter.showUnits();
    this.show();
  }

  /** Anew; an answer that is no longer wanted is not waited for. */
  async read() {
    this.abort.abort();
    this.abort = new AbortController();
    const { signal } = this.abort;
    const { query } = this.filter;
    this.area.setAttribute('aria-busy', 'true');
    try {
      const report = await fetchReport(query, signal);
      this.report = report;
      this.rows = report.items;
      this.next = report.next;
      this.filter.showTaken(report);
      this.show();
      if (this.wanted.row) this.openRow(this.wanted.row, Number(this.wanted.episode) || 0);
    } catch (error) {
      if (signal.aborted) return;
      this.fail(error);
    }
    this.area.setAttribute('aria-busy', 'false');
  }

  async readMore() {
    if (this.next === null) return;
    const { signal } = this.abort;
    try {
      const page = /** @type {import('./speeding_api.js').Report} */ (await fetchNext(this.next, signal));
      this.rows = [...this.rows, ...page.items];
      this.next = page.next;
      this.show();
    } catch (error) {
      if (!signal.aborted) setText(byId('speeding-state'), describeError(error));
    }
  }

  /** Old figures under new filters would mislead: they go. @param {unknown} error */
  fail(error) {
    this.report = null;
    byId('speeding-found').hidden = true;
    setText(byId('speeding-state'), `The report could not be read: ${describeError(error)}`);
  }

  show() {
    const { report } = this;
    if (!report) return;
    const { units } = this.settings.values;
    byId('speeding-found').hidden = false;
    showSummary(report, units);
    this.table.show(report, this.rows, units);
    byId('speeding-league').hidden = this.rows.length === 0;
    this.more.hidden = this.next === null;
    setText(byId('speeding-state'), describeEmptiness(report));
    setText(byId('speeding-count'), this.next === null ? '' : `${formatCount(this.rows.length)} of ${formatCount(report.groups)}`);
    this.showLinks();
  }

  showLinks() {
    const { query } = this.filter;
    const csv = /** @type {HTMLAnchorElement} */ (byId('speeding-csv'));
    csv.href = `/v1/speeding/report?${withParameter(query, 'f', 'csv')}`;
    // The pack is by vehicle, and its figures are strict.
    query.delete('group_by');
    query.delete('strict');
    /** @type {HTMLAnchorElement} */ (byId('speeding-pack')).href = `/v1/speeding/pack?${query}`;
  }
}

/** @param {URLSearchParams} query @param {string} name @param {string} value */
function withParameter(query, name, value) {
  const longer = new URLSearchParams(query);
  longer.set(name, value);
  return longer;
}
