// The list of vehicles: the canvas map's twin for keyboard and screen reader. A listbox of which only the visible rows exist.
import { STATUS_NAMES } from './fleet_store.js';
import { make, makeIcon, setText } from './dom.js';
import { compassPoint, formatAge, formatSpeed } from './format.js';

export const ROW_HEIGHT_PX = 44;
const SPARE_ROWS = 2;
const STATUS_LABELS = ['Not in view', 'Moving', 'Idling', 'Stopped', 'Silent'];

/** A vehicle that the search found outside the view.
 * @typedef {{name: string, status: string, recordedAtMs: number | null}} Remote
 * @typedef {{element: HTMLElement, icon: SVGElement, use: Element, name: HTMLElement, detail: HTMLElement, age: HTMLElement, index: number}} Row */

export class VehicleList extends EventTarget {
  /** @param {HTMLElement} listbox @param {import('./fleet_store.js').FleetStore} store @param {import('./settings.js').Settings} settings */
  constructor(listbox, store, settings) {
    super();
    this.listbox = listbox;
    this.store = store;
    this.settings = settings;
    /** @type {Int32Array} */
    this.slots = new Int32Array(0);
    this.slotCount = 0;
    /** @type {Remote[]} */
    this.remotes = [];
    /** @type {string | null} */
    this.activeName = null;
    /** @type {string | null} */
    this.selectedName = null;
    this.scrollTop = 0;
    this.height = 0;
    this.nowMs = Date.now();
    /** @type {Row[]} */
    this.rows = [];
    this.spacer = make('div', 'list-spacer');
    this.spacer.setAttribute('role', 'presentation');
    listbox.append(this.spacer);
    listbox.addEventListener('scroll', () => this.onScroll(), { passive: true });
    listbox.addEventListener('keydown', (event) => this.onKey(event));
    listbox.addEventListener('click', (event) => this.onClick(event));
    new ResizeObserver(([entry]) => this.onResize(entry.contentRect.height)).observe(listbox);
  }

  get length() {
    return this.slotCount + this.remotes.length;
  }

  /** @param {number} index */
  nameAt(index) {
    return index < this.slotCount ? this.store.names[this.slots[index]] : this.remotes[index - this.slotCount].name;
  }

  /** @param {string | null} name */
  indexOf(name) {
    if (name === null) return -1;
    const slot = this.store.slotByName.get(name) ?? -1;
    for (let index = 0; index < this.slotCount; index++) if (this.slots[index] === slot) return index;
    const remote = this.remotes.findIndex((item) => item.name === name);
    return remote < 0 ? -1 : this.slotCount + remote;
  }

  /** @param {Int32Array} slots @param {number} slotCount @param {Remote[]} remotes @param {number} nowMs */
  show(slots, slotCount, remotes, nowMs) {
    this.slots = slots;
    this.slotCount = slotCount;
    this.remotes = remotes;
    this.nowMs = nowMs;
    this.listbox.hidden = this.length === 0;
    this.render();
  }

  /** @param {string | null} name */
  setSelected(name) {
    this.selectedName = name;
    if (name !== null) this.setActive(name);
    this.render();
  }

  /** @param {string} name */
  setActive(name) {
    this.activeName = name;
    const index = this.indexOf(name);
    if (index >= 0) this.scrollTo(index);
  }

  /** @param {number} index */
  scrollTo(index) {
    const top = index * ROW_HEIGHT_PX;
    if (top < this.scrollTop) this.listbox.scrollTop = top;
    else if (top + ROW_HEIGHT_PX > this.scrollTop + this.height) this.listbox.scrollTop = top + ROW_HEIGHT_PX - this.height;
    this.scrollTop = this.listbox.scrollTop;
  }

  onScroll() {
    this.scrollTop = this.listbox.scrollTop;
    this.render();
  }

  /** @param {number} height */
  onResize(height) {
    this.height = height;
    this.scrollTop = this.listbox.scrollTop;
    this.render();
  }

  /** Moves the active row; gives back its name. @param {number} step @returns {string | null} */
  step(step) {
    if (this.length === 0) return null;
    const from = this.indexOf(this.activeName);
    const index = from < 0 ? (step > 0 ? 0 : this.length - 1) : Math.max(0, Math.min(this.length - 1, from + step));
    this.setActive(this.nameAt(index));
    this.render();
    return this.activeName;
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const page = Math.max(1, Math.floor(this.height / ROW_HEIGHT_PX) - 1);
    /** @type {Record<string, number>} */
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -this.length, End: this.length };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in steps) this.step(steps[event.key]);
    else if ((event.key === 'Enter' || event.key === ' ') && this.activeName !== null) this.choose(this.activeName);
    else return;
    event.preventDefault();
  }

  /** @param {MouseEvent} event */
  onClick(event) {
    const element = /** @type {Element} */ (event.target).closest('[role=option]');
    const row = this.rows.find((candidate) => candidate.element === element);
    if (row && row.index < this.length) this.choose(this.nameAt(row.index));
  }

  /** @param {string} name */
  choose(name) {
    this.activeName = name;
    this.dispatchEvent(new CustomEvent('choose', { detail: name }));
  }

  render() {
    const first = Math.max(0, Math.floor(this.scrollTop / ROW_HEIGHT_PX) - SPARE_ROWS);
    const wanted = Math.min(this.length - first, Math.ceil(this.height / ROW_HEIGHT_PX) + 2 * SPARE_ROWS);
    const spacerHeight = `${this.length * ROW_HEIGHT_PX}px`;
    if (this.spacer.style.height !== spacerHeight) this.spacer.style.height = spacerHeight;
    while (this.rows.length < wanted) this.addRow();
    let activeId = '';
    this.rows.forEach((row, offset) => {
      const isUsed = offset < wanted;
      if (row.element.hidden === isUsed) row.element.hidden = !isUsed;
      if (!isUsed) return;
      this.fillRow(row, first + offset);
      if (row.element.classList.contains('active')) activeId = row.element.id;
    });
    setAttribute(this.listbox, 'aria-activedescendant', activeId);
  }

  addRow() {
    const element = make('div', 'row');
    element.id = `vehicle-row-${this.rows.length}`;
    element.setAttribute('role', 'option');
    const icon = makeIcon('shape-moving');
    const text = make('span', 'row-text');
    const row = { element, icon, use: /** @type {Element} */ (icon.firstElementChild), name: make('span', 'row-name'), detail: make('span', 'row-detail'), age: make('span', 'row-age'), index: -1 };
    text.append(row.name, row.detail);
    element.append(icon, text, row.age);
    this.spacer.append(element);
    this.rows.push(row);
  }

  /** @param {Row} row @param {number} index */
  fillRow(row, index) {
    if (row.index !== index) {
      row.index = index;
      row.element.style.transform = `translateY(${index * ROW_HEIGHT_PX}px)`;
      row.element.setAttribute('aria-posinset', String(index + 1));
    }
    const name = this.nameAt(index);
    setAttribute(row.element, 'aria-setsize', String(this.length));
    setAttribute(row.element, 'aria-selected', String(name === this.selectedName));
    row.element.classList.toggle('active', name === this.activeName);
    setText(row.name, name);
    if (index < this.slotCount) this.fillFromSlot(row, this.slots[index]);
    else this.fillFromRemote(row, this.remotes[index - this.slotCount]);
  }

  /** @param {Row} row @param {number} slot */
  fillFromSlot(row, slot) {
    const { store } = this;
    const status = store.status[slot];
    const heading = store.heading[slot] <= 3600 ? store.heading[slot] / 10 : null;
    const isArrow = status === 1 && heading !== null;
    showShape(row, status, isArrow ? Math.round(heading / 10) * 10 : 0);
    const speed = store.speed[slot] === 65535 ? null : store.speed[slot] / 10;
    const motion = status === 1 ? ` · ${formatSpeed(speed, this.settings.values.units)}${isArrow ? ` ${compassPoint(heading)}` : ''}` : '';
    setText(row.detail, STATUS_LABELS[status] + motion);
    setText(row.age, formatAge(this.nowMs - store.recordedAtS[slot] * 1000));
  }

  /** @param {Row} row @param {Remote} remote */
  fillFromRemote(row, remote) {
    const status = Math.max(0, STATUS_NAMES.indexOf(remote.status));
    showShape(row, status, 0);
    setText(row.detail, `${status ? `${STATUS_LABELS[status]} · ` : ''}elsewhere`);
    setText(row.age, remote.recordedAtMs === null ? '' : formatAge(this.nowMs - remote.recordedAtMs));
  }
}

/** @param {Row} row @param {number} status @param {number} turnDeg */
function showShape(row, status, turnDeg) {
  const shape = STATUS_NAMES[status || 4];
  setAttribute(row.use, 'href', `#shape-${shape}`);
  setAttribute(row.use, 'transform', turnDeg ? `rotate(${turnDeg})` : '');
  setAttribute(row.icon, 'class', `icon status-${shape}`);
}

/** @param {Element} element @param {string} name @param {string} value '' removes */
function setAttribute(element, name, value) {
  if ((element.getAttribute(name) ?? '') === value) return;
  if (value) element.setAttribute(name, value);
  else element.removeAttribute(name);
}
