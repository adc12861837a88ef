// What was asked of the selected vehicle, newest first, and what became of it.
import { byId, make, setText } from './dom.js';
import { formatAge, formatDateTime } from './format.js';

/** @typedef {{id: number, shadow: string | null, desired: object, state: string, requested_by: string | null, requested_at: string, expires_at: string,
 *   tries: number, sent_version: number | null, confirmed_by_version: number | null, superseded_by: number | null,
 *   ended_at: string | null, error: {status: number | null, detail: string} | null}} Change */

export class DesiredLedger {
  /** @param {import('./fleet_link.js').FleetLink} link */
  constructor(link) {
    this.link = link;
    this.list = byId('ledger');
    this.shape = '';
    this.isOpen = false;
  }

  clear() {
    this.show([]);
  }

  /** @param {Change[]} changes */
  show(changes) {
    const shape = changes.map((change) => change.id).join(' ');
    this.isOpen = changes.some(({ state }) => state === 'waiting' || state === 'sent');
    this.list.hidden = changes.length === 0;
    byId('ledger-heading').hidden = changes.length === 0;
    if (shape !== this.shape) {
      this.shape = shape;
      this.list.replaceChildren(...changes.map(makeItem));
    }
    changes.forEach((change, index) => this.fillItem(/** @type {HTMLElement} */ (this.list.children[index]), change));
  }

  /** @param {HTMLElement} item @param {Change} change */
  fillItem(item, change) {
    const [state, problem, origin] = item.querySelectorAll('p');
    item.dataset.state = change.state;
    setText(state, describeState(change, this.link.serverNowMs));
    setText(problem, change.error?.detail ?? '');
    const who = change.requested_by ? `${change.requested_by}, ` : '';
    const shadow = change.shadow === null ? '' : `, shadow ${change.shadow}`;
    setText(origin, `${who}${formatDateTime(Date.parse(change.requested_at))}${shadow}`);
  }
}

/** @param {Change} change */
function makeItem(change) {
  const item = make('li');
  const members = make('code', '', JSON.stringify(change.desired));
  item.append(make('p', 'state'), make('p', 'problem'), members, make('p', 'quiet'));
  return item;
}

/** @param {Change} change @param {number} nowMs */
function describeState(change, nowMs) {
  switch (change.state) {
    case 'waiting':
      return change.tries === 0 ? 'Waiting to be sent' : `Trying to send, ${change.tries} ${change.tries === 1 ? 'try' : 'tries'} so far`;
    case 'sent':
      return `Sent as version ${change.sent_version}, not confirmed yet; given up in ${formatAge(Date.parse(change.expires_at) - nowMs)}`;
    case 'confirmed':
      return `Confirmed by version ${change.confirmed_by_version}`;
    case 'refused':
      return 'Refused';
    case 'expired':
      return change.sent_version === null ? 'Expired before it could be sent' : 'Expired: the vehicle did not report it in time';
    case 'superseded':
      return 'Superseded: asked otherwise since';
    default:
      return change.state;
  }
}
