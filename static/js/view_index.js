// Which vehicles are in view, in the order of their names, and how many of each status. Costs one pass over the fleet, no sorting,
// because the order by name is kept and renewed only when names appear.

const ALL_STATUSES = 0b11110;

/** Unit square; west may be below 0 and east above 1 where the view crosses the antimeridian.
 * @typedef {{west: number, east: number, north: number, south: number}} Bounds */

export class ViewIndex {
  /** @param {import('./fleet_store.js').FleetStore} store */
  constructor(store) {
    this.store = store;
    this.order = new Int32Array(0);
    this.orderedRevision = -1;
    this.slots = new Int32Array(0);
    this.count = 0;
    /** In view by status number, whatever the filters. */
    this.statusCounts = new Int32Array(5);
    this.matches = new Uint8Array(0);
    this.matchedText = '';
    this.matchedRevision = -1;
  }

  /** @param {Bounds} bounds @param {number} statusMask @param {string} text part of a name, any case */
  refresh(bounds, statusMask, text) {
    this.renewOrder();
    this.renewMatches(text.toLowerCase());
    const { store, order, slots, matches, statusCounts } = this;
    const mask = statusMask & ALL_STATUSES;
    const width = bounds.east - bounds.west;
    statusCounts.fill(0);
    let count = 0;
    for (let rank = 0; rank < order.length; rank++) {
      const slot = order[rank];
      const status = store.status[slot];
      if (status === 0 || store.y[slot] < bounds.north || store.y[slot] > bounds.south) continue;
      const offset = store.x[slot] - bounds.west;
      if (offset - Math.floor(offset) > width) continue;
      statusCounts[status]++;
      if ((1 << status) & mask && matches[slot]) slots[count++] = slot;
    }
    this.count = count;
  }

  renewOrder() {
    const { store } = this;
    if (this.orderedRevision === store.namesRevision) return;
    this.orderedRevision = store.namesRevision;
    const keys = store.names.map(sortKey);
    const ranked = Array.from(keys.keys()).sort((a, b) => (keys[a] < keys[b] ? -1 : keys[a] > keys[b] ? 1 : a - b));
    this.order = Int32Array.from(ranked);
    this.slots = new Int32Array(ranked.length);
  }

  /** @param {string} text */
  renewMatches(text) {
    const { store } = this;
    if (this.matchedText === text && this.matchedRevision === store.namesRevision) return;
    this.matchedText = text;
    this.matchedRevision = store.namesRevision;
    this.matches = Uint8Array.from(store.names, (name) => (name.toLowerCase().includes(text) ? 1 : 0));
  }
}

/** So that truck_9 comes before truck_10. @param {string} name */
function sortKey(name) {
  return name.toLowerCase().replace(/\d+/g, (digits) => digits.padStart(12, '0'));
}
