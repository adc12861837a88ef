// Asks the server how its ways in are doing: often while somebody looks at them, at times while something is wrong, else not at all.
// Tells of news by a `change` event.
import { fetchIngestStatus } from './api.js';

const LOOKED_AT_MS = 2000;
const IN_TROUBLE_MS = 5000;

/**
 * @typedef {{path: string, deliveries: number, events: number, stored: number, duplicates: number, duplicates_elsewhere: number, rejected: number,
 *   last_received_at: string | null, lag_s: number | null}} Path
 * @typedef {{found_by: string, waiting: number, reading: number, read: number, failed: number, missing: number, ignored: number, announced: number,
 *   oldest_waiting_at: string | null}} ObjectCounts
 * @typedef {{prefix: string, started_at: string, finished_at: string | null, objects: number, missing: number, missing_total: number, error: string | null}} Sweep
 * @typedef {{source: string, reason: string, count: number, open: number}} Reason
 * @typedef {{arn: string, kind: 'subscription' | 'destination', url: string, state: string, reason: string | null, asked_at: string}} Confirmation
 * @typedef {{is_on: boolean, is_spooling: boolean, entries: number, bytes: number, bytes_max: number, oldest_received_at: string | null, damaged_files: number}} Spool
 * @typedef {{now: string, database: {is_away: boolean, reason: string | null, as_of: string | null}, spool: Spool, paths?: Path[],
 *   objects?: ObjectCounts & {found_by: ObjectCounts[], sweeps: Sweep[]}, rejected?: {count: number, open: number, reasons: Reason[]},
 *   confirmations?: Confirmation[]}} Status
 */

export class IngestStatus extends EventTarget {
  /** @param {import('./fleet_link.js').FleetLink} link */
  constructor(link) {
    super();
    this.link = link;
    /** @type {Status | null} */
    this.last = null;
    /** Why the newest try failed; '' when it did not. */
    this.failure = '';
    /** The server's clock minus ours. */
    this.offsetMs = 0;
    this.isLookedAt = false;
    this.timer = 0;
    this.isAsking = false;
    link.addEventListener('database', () => void this.ask());
    document.addEventListener('visibilitychange', () => document.hidden || this.askIfNeeded());
  }

  get serverNowMs() {
    return Date.now() + this.offsetMs;
  }

  get databaseIsAway() {
    return this.last && !this.failure ? this.last.database.is_away : this.link.report.databaseIsAway;
  }

  /** @param {boolean} isLookedAt */
  look(isLookedAt) {
    this.isLookedAt = isLookedAt;
    this.askIfNeeded();
  }

  askIfNeeded() {
    if (this.pauseMs > 0) void this.ask();
  }

  /** 0: not before something happens. */
  get pauseMs() {
    if (this.isLookedAt) return LOOKED_AT_MS;
    const isInTrouble = this.databaseIsAway || this.link.report.databaseIsAway || (this.last?.spool.entries ?? 0) > 0;
    return isInTrouble ? IN_TROUBLE_MS : 0;
  }

  async ask() {
    if (this.isAsking) return;
    clearTimeout(this.timer);
    this.isAsking = true;
    try {
      this.last = await fetchIngestStatus();
      this.offsetMs = Date.parse(this.last.now) - Date.now();
      this.failure = '';
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error);
    }
    this.isAsking = false;
    this.dispatchEvent(new CustomEvent('change'));
    if (this.pauseMs > 0 && !document.hidden) this.timer = window.setTimeout(() => void this.ask(), this.pauseMs);
  }
}
