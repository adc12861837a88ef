// The one selected vehicle, its newest live fix, and whether the map follows it. Tells of name and following by a `change` event,
// of each fix by a `fix` event.

export class Selection extends EventTarget {
  /** @param {import('./fleet_link.js').FleetLink} link */
  constructor(link) {
    super();
    this.link = link;
    /** @type {string | null} */
    this.name = null;
    this.following = false;
    /** The last known fix; its status is 0 when the vehicle is outside the subscribed area. @type {import('./fleet_store.js').Fix | null} */
    this.fix = null;
    link.addEventListener('fix', (event) => this.takeFix(/** @type {CustomEvent} */ (event).detail));
  }

  get isPresent() {
    return this.fix !== null && this.fix.status !== 0;
  }

  /** @param {{name: string, fix: import('./fleet_store.js').Fix | null}} detail */
  takeFix({ name, fix }) {
    if (name !== this.name) return;
    this.fix = fix;
    this.dispatchEvent(new CustomEvent('fix'));
  }

  /** @param {string | null} name */
  select(name) {
    if (this.name === name) return;
    this.name = name;
    this.fix = null;
    this.following = false;
    this.link.post('select', { name });
    this.dispatchEvent(new CustomEvent('change', { detail: 'name' }));
  }

  /** @param {boolean} following */
  follow(following) {
    if (this.name === null || this.following === following) return;
    this.following = following;
    this.dispatchEvent(new CustomEvent('change', { detail: 'following' }));
  }
}
