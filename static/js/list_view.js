// Joins the list with search, chips and map view: what is listed, what the summary says, and what stands there when nothing is.
import { byId, setText } from './dom.js';
import { formatCount } from './format.js';
import { VehicleList } from './vehicle_list.js';

const LARGE_FLEET = 5000;

export class ListView {
  /** @param {{link: import('./fleet_link.js').FleetLink, settings: import('./settings.js').Settings,
   *   mapView: import('./map_view.js').MapView, chips: import('./status_chips.js').StatusChips, search: import('./vehicle_search.js').VehicleSearch}} parts */
  constructor({ link, settings, mapView, chips, search }) {
    this.link = link;
    this.mapView = mapView;
    this.chips = chips;
    this.search = search;
    this.list = new VehicleList(byId('vehicle-list'), link, settings);
    /** @type {import('./fleet_link.js').Summary} */
    this.last = { first: 0, rows: [], listed: 0, statusCounts: [0, 0, 0, 0, 0], present: 0, hasSnapshot: false, foundListed: [] };
    this.summary = byId('list-summary');
    this.empty = byId('list-empty');
    this.shownAtMs = 0;
    this.fleetIsEmpty = false;
    this.emptyAction = /** @type {HTMLButtonElement} */ (byId('list-empty-action'));
    this.onEmptyAction = () => {};
    this.emptyAction.addEventListener('click', () => this.onEmptyAction());
    for (const source of [chips, search]) source.addEventListener('change', () => this.refresh());
    link.addEventListener('summary', (event) => this.show(/** @type {CustomEvent} */ (event).detail));
  }

  /** Asks the worker anew: view, filters or search have changed. */
  refresh() {
    this.link.post('list', {
      bounds: this.mapView.unitBounds(),
      statusMask: this.chips.mask,
      searchText: this.search.text,
      foundNames: this.search.found.map((item) => item.name),
    });
  }

  /** @param {import('./fleet_link.js').Summary} summary */
  show(summary) {
    this.last = summary;
    this.render();
  }

  /** When no summary has come for so long, ages tick by themselves. */
  get pauseMs() {
    return this.last.present > LARGE_FLEET ? 2400 : 1400;
  }

  tick() {
    if (Date.now() - this.shownAtMs > this.pauseMs) this.render();
  }

  render() {
    this.shownAtMs = Date.now();
    this.chips.showCounts(this.last.statusCounts);
    const listed = new Set(this.last.foundListed);
    this.list.show(this.last, this.search.found.filter((item) => !listed.has(item.name)), this.link.serverNowMs);
    this.showSummary();
    this.showEmpty();
  }

  get inView() {
    return this.last.statusCounts.reduce((sum, count) => sum + count, 0);
  }

  showSummary() {
    const count = this.last.listed;
    const elsewhere = this.list.remotes.length;
    const total = this.inView;
    const shown = count === total ? `${formatCount(total)} in view` : `${formatCount(count)} of ${formatCount(total)} in view`;
    const more = this.search.hasMore ? '. More match: type more of the name' : '';
    setText(this.summary, this.last.hasSnapshot ? `${shown}${elsewhere ? `, ${elsewhere} elsewhere` : ''}${more}` : '');
    this.summary.classList.toggle('is-cut', more !== '');
  }

  showEmpty() {
    const isEmpty = this.list.length === 0;
    this.empty.hidden = !isEmpty;
    if (!isEmpty) return;
    const [title, hint, action, run] = this.describeEmpty();
    setText(byId('list-empty-title'), title);
    setText(byId('list-empty-hint'), hint);
    setText(this.emptyAction, action);
    this.emptyAction.hidden = action === '';
    this.onEmptyAction = run;
  }

  /** @returns {[string, string, string, () => void]} title, hint, label of the button, what it does */
  describeEmpty() {
    const nothing = () => {};
    if (this.search.failed) return ['The search did not reach the server', 'Vehicles in view are still searched.', '', nothing];
    if (this.search.text) return [`No vehicle matches “${this.search.text}”`, 'Part of a name is enough.', 'Clear the search', () => this.search.clear()];
    if (!this.last.hasSnapshot) return this.link.state === 'waiting'
      ? ['The server cannot be reached', 'The page keeps trying and continues by itself.', '', nothing]
      : ['Waiting for the first positions', '', '', nothing];
    if (this.inView > 0) return ['No vehicle in view has this status', '', 'Show all statuses', () => this.chips.press(null)];
    if (this.fleetIsEmpty) return ['No vehicle has reported yet', 'Vehicles appear here as soon as their first position arrives.', '', nothing];
    return ['No vehicle in view', 'Move the map, or', 'Show the whole fleet', () => this.mapView.dispatchEvent(new CustomEvent('fleet'))];
  }
}
