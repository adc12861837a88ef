// One button a status with the number in view; pressed ones are the only ones shown, none pressed means all.
import { STATUS_NAMES } from './fleet_store.js';
import { make, makeIcon, setText } from './dom.js';
import { formatCount } from './format.js';

const ALL_STATUSES = 0b11110;
const LABELS = ['', 'Moving', 'Idling', 'Stopped', 'Silent'];

export class StatusChips extends EventTarget {
  /** @param {HTMLElement} container */
  constructor(container) {
    super();
    this.pressed = new Set();
    /** @type {{button: HTMLButtonElement, count: HTMLElement}[]} by status number */
    this.chips = [];
    for (let status = 1; status < STATUS_NAMES.length; status++) container.append(this.makeChip(status));
  }

  /** @param {number} status */
  makeChip(status) {
    const button = make('button', `chip chip-${STATUS_NAMES[status]}`);
    const count = make('span', 'chip-count', '0');
    button.type = 'button';
    button.setAttribute('aria-pressed', 'false');
    button.append(makeIcon(`shape-${STATUS_NAMES[status]}`, `status-${STATUS_NAMES[status]}`), make('span', 'chip-label', LABELS[status]), count);
    button.addEventListener('click', () => this.toggle(status));
    this.chips[status] = { button, count };
    return button;
  }

  /** @param {number} status */
  toggle(status) {
    if (!this.pressed.delete(status)) this.pressed.add(status);
    this.announce();
  }

  /** @param {string[] | null} names */
  press(names) {
    this.pressed = new Set((names ?? []).map((name) => STATUS_NAMES.indexOf(name)).filter((status) => status > 0));
    this.announce();
  }

  announce() {
    for (let status = 1; status < this.chips.length; status++) {
      this.chips[status].button.setAttribute('aria-pressed', String(this.pressed.has(status)));
    }
    this.dispatchEvent(new CustomEvent('change'));
  }

  get mask() {
    let mask = 0;
    for (const status of this.pressed) mask |= 1 << status;
    return mask || ALL_STATUSES;
  }

  /** @returns {string[] | null} */
  get names() {
    return this.pressed.size ? [...this.pressed].sort().map((status) => STATUS_NAMES[status]) : null;
  }

  /** @param {number[]} counts by status number */
  showCounts(counts) {
    for (let status = 1; status < this.chips.length; status++) setText(this.chips[status].count, formatCount(counts[status]));
  }
}
