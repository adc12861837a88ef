// Joins the list with search, chips and map view: what is listed, what the summary says, and what stands there when nothing is.
import { byId, setText } from './dom.js';
import { formatCount } from './format.js';
import { ViewIndex } from './view_index.js';
import { VehicleList } from './vehicle_list.js';

const REFRESH_MS = 1000;
const LARGE_FLEET = 20000;

export class ListView {
  /** @param {{store: import('./fleet_store.js').FleetStore, settings: import('./settings.js').Settings, stream: import('./stream.js').Stream,
   *   mapView: import('./map_view.js').MapView, chips: import('./status_chips.js').StatusChips, search: import('./vehicle_search.js').VehicleSearch}} parts */
  constructor({ store, settings, stream, mapView, chips, search }) {
    this.store = store;
    this.stream = stream;
    this.mapView = mapView;
    this.chips = chips;
    this.search = search;
    this.index = new ViewIndex(store);
    this.list = new VehicleList(byId('vehicle-list'), store, settings);
    this.summary = byId('list-summary');
    this.empty = byId('list-empty');
    this.refreshedAtMs = 0;
    /** True once the first snapshot is complete. */
    this.hasSnapshot = false;
    this.fleetIsEmpty = false;
    this.emptyAction = /** @type {HTMLButtonElement} */ (byId('list-empty-action'));
    this.onEmptyAction = () => {};
    this.emptyAction.addEventListener('click', () => this.onEmptyAction());
    for (const source of [chips, search]) source.addEventListener('change', () => this.refresh());
  }

  /** Called after each update; a large fleet's list is renewed less often, the map is not. */
  refreshIfDue() {
    const pauseMs = this.store.presentCount > LARGE_FLEET ? 2 * REFRESH_MS : REFRESH_MS;
    if (Date.now() - this.refreshedAtMs >= pauseMs - 50) this.refresh();
  }

  refresh() {
    this.refreshedAtMs = Date.now();
    const { index, search } = this;
    index.refresh(this.mapView.unitBounds(), this.chips.mask, search.text);
    this.chips.showCounts(index.statusCounts);
    this.list.show(index.slots, index.count, this.elsewhere(), this.stream.serverNowMs);
    this.showSummary();
    this.showEmpty();
  }

  elsewhere() {
    if (this.search.found.length === 0) return [];
    const listed = new Set();
    for (let at = 0; at < this.index.count; at++) listed.add(this.index.slots[at]);
    return this.search.found.filter((item) => !listed.has(this.store.slotByName.get(item.name)));
  }

  get inView() {
    return this.index.statusCounts.reduce((sum, count) => sum + count, 0);
  }

  showSummary() {
    const { count } = this.index;
    const elsewhere = this.list.remotes.length;
    const total = this.inView;
    const shown = count === total ? `${formatCount(total)} in view` : `${formatCount(count)} of ${formatCount(total)} in view`;
    setText(this.summary, this.hasSnapshot ? `${shown}${elsewhere ? `, ${elsewhere} elsewhere` : ''}` : '');
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
    if (!this.hasSnapshot) return this.stream.state === 'waiting'
      ? ['The server cannot be reached', 'The page keeps trying and continues by itself.', '', nothing]
      : ['Waiting for the first positions', '', '', nothing];
    if (this.inView > 0) return ['No vehicle in view has this status', '', 'Show all statuses', () => this.chips.press(null)];
    if (this.fleetIsEmpty) return ['No vehicle has reported yet', 'Vehicles appear here as soon as their first position arrives.', '', nothing];
    return ['No vehicle in view', 'Move the map, or', 'Show the whole fleet', () => this.mapView.dispatchEvent(new CustomEvent('fleet'))];
  }
}
