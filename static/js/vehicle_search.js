// The search field: narrows the list at once, and asks the server for vehicles beyond the view.
import { searchVehicles } from './api.js';

const PAUSE_MS = 250;
const MIN_LENGTH = 2;

export class VehicleSearch extends EventTarget {
  /** @param {HTMLInputElement} field */
  constructor(field) {
    super();
    this.field = field;
    /** @type {(import('./vehicle_list.js').Remote & {latitude: number | null, longitude: number | null})[]} */
    this.found = [];
    /** The server knows more than it was asked for. */
    this.hasMore = false;
    this.failed = false;
    this.abort = new AbortController();
    this.timer = 0;
    field.addEventListener('input', () => this.onInput());
  }

  get text() {
    return this.field.value.trim();
  }

  clear() {
    this.field.value = '';
    this.onInput();
  }

  onInput() {
    clearTimeout(this.timer);
    this.abort.abort();
    this.found = [];
    this.hasMore = false;
    this.failed = false;
    if (this.text.length >= MIN_LENGTH) this.timer = window.setTimeout(() => void this.askServer(), PAUSE_MS);
    this.announce();
  }

  async askServer() {
    this.abort = new AbortController();
    const { signal } = this.abort;
    try {
      const answer = await searchVehicles(this.text, signal);
      this.found = answer.items.map((/** @type {any} */ item) => ({
        name: item.name,
        status: item.position?.status ?? '',
        recordedAtMs: item.position ? Date.parse(item.position.recorded_at) : null,
        latitude: item.position?.lat ?? null,
        longitude: item.position?.lon ?? null,
      }));
      this.hasMore = answer.next !== null;
    } catch (error) {
      if (signal.aborted) return;
      this.failed = true;
    }
    if (!signal.aborted) this.announce();
  }

  announce() {
    this.dispatchEvent(new CustomEvent('change'));
  }
}
