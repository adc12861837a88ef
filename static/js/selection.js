// The one selected vehicle, and whether the map follows it. Tells of both by a `change` event.

export class Selection extends EventTarget {
  /** @param {import('./fleet_store.js').FleetStore} store */
  constructor(store) {
    super();
    this.store = store;
    /** @type {string | null} */
    this.name = null;
    this.following = false;
  }

  /** Slot of the selected vehicle, -1 when the page has not seen it yet. */
  get slot() {
    return this.name === null ? -1 : this.store.slotByName.get(this.name) ?? -1;
  }

  get isPresent() {
    return this.slot >= 0 && this.store.status[this.slot] !== 0;
  }

  /** @param {string | null} name */
  select(name) {
    if (this.name === name) return;
    this.name = name;
    this.following = false;
    this.dispatchEvent(new CustomEvent('change', { detail: 'name' }));
  }

  /** @param {boolean} following */
  follow(following) {
    if (this.name === null || this.following === following) return;
    this.following = following;
    this.dispatchEvent(new CustomEvent('change', { detail: 'following' }));
  }
}
