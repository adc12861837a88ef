// The list of vehicles: the canvas map's twin for keyboard and screen reader. A listbox of which only the visible rows exist,
// and of whose vehicles only a window around them is known here; the fleet worker knows the rest.
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
  /** @param {HTMLElement} listbox @param {import('./fleet_link.js').FleetLink} link @param {import('./settings.js').Settings} settings */
  constructor(listbox, link, settings) {
    super();
    this.listbox = listbox;
    this.link = link;
    this.settings = settings;
    /** @type {import('./fleet_link.js').ListedVehicle[]} */
    this.window = [];
    this.windowFirst = 0;
    this.listed = 0;
    this.askedFirst = -1;
    this.askedLength = 0;
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
    return this.listed + this.remotes.length;
  }

  /** @param {number} index @returns {Promise<string | null>} */
  async nameAt(index) {
    const known = this.knownNameAt(index);
    return known ?? this.link.ask('nameAt', { index });
  }

  /** @param {number} index @returns {string | null} null when it is not in the window */
  knownNameAt(index) {
    if (index >= this.listed) return this.remotes[index - this.listed]?.name ?? null;
    return this.window[index - this.windowFirst]?.name ?? null;
  }

  /** @param {string | null} name @returns {Promise<number>} -1 when it is not listed */
  async indexOf(name) {
    if (name === null) return -1;
    const listed = await this.link.ask('indexOf', { name });
    if (listed >= 0) return listed;
    const remote = this.remotes.findIndex((item) => item.name === name);
    return remote < 0 ? -1 : this.listed + remote;
  }

  /** @param {import('./fleet_link.js').Summary} summary @param {Remote[]} remotes @param {number} nowMs */
  show(summary, remotes, nowMs) {
    this.window = summary.rows;
    this.windowFirst = summary.first;
    this.listed = summary.listed;
    this.remotes = remotes;
    this.nowMs = nowMs;
    if (this.listbox.hidden !== (this.length === 0)) this.listbox.hidden = this.length === 0;
    this.render();
  }

  /** @param {string | null} name */
  async setSelected(name) {
    this.selectedName = name;
    if (name !== null) await this.setActive(name);
    this.render();
  }

  /** @param {string} name */
  async setActive(name) {
    this.activeName = name;
    const index = await this.indexOf(name);
    if (index >= 0 && this.activeName === name) this.scrollTo(index);
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

  /** Moves the active row; gives back its name. @param {number} step @returns {Promise<string | null>} */
  async step(step) {
    if (this.length === 0) return null;
    const from = await this.indexOf(this.activeName);
    const index = from < 0 ? (step > 0 ? 0 : this.length - 1) : Math.max(0, Math.min(this.length - 1, from + step));
    this.activeName = await this.nameAt(index);
    this.scrollTo(index);
    this.render();
    return this.activeName;
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const page = Math.max(1, Math.floor(this.height / ROW_HEIGHT_PX) - 1);
    /** @type {Record<string, number>} */
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -this.length, End: this.length };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in steps) void this.step(steps[event.key]);
    else if ((event.key === 'Enter' || event.key === ' ') && this.activeName !== null) this.choose(this.activeName);
    else return;
    event.preventDefault();
  }

  /** @param {MouseEvent} event */
  onClick(event) {
    const element = /** @type {Element} */ (event.target).closest('[role=option]');
    const row = this.rows.find((candidate) => candidate.element === element);
    const name = row ? this.knownNameAt(row.index) : null;
    if (name !== null) this.choose(name);
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
    this.askForWindow(first, wanted);
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

  /** @param {number} first @param {number} length */
  askForWindow(first, length) {
    if (this.askedFirst === first && this.askedLength >= length) return;
    this.askedFirst = first;
    this.askedLength = length;
    this.link.post('window', { first, length });
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
    const name = this.knownNameAt(index) ?? '';
    setAttribute(row.element, 'aria-setsize', String(this.length));
    setAttribute(row.element, 'aria-selected', String(name === this.selectedName));
    row.element.classList.toggle('active', name !== '' && name === this.activeName);
    setText(row.name, name);
    const vehicle = this.window[index - this.windowFirst];
    if (index >= this.listed) this.fillFromRemote(row, this.remotes[index - this.listed]);
    else if (vehicle) this.fillFromVehicle(row, vehicle);
  }

  /** @param {Row} row @param {import('./fleet_link.js').ListedVehicle} vehicle */
  fillFromVehicle(row, { status, headingDeg, speedKmh, recordedAtMs }) {
    const isArrow = status === 1 && headingDeg !== null;
    showShape(row, status, isArrow ? Math.round(headingDeg / 10) * 10 : 0);
    const motion = status === 1 ? ` · ${formatSpeed(speedKmh, this.settings.values.units)}${isArrow ? ` ${compassPoint(headingDeg)}` : ''}` : '';
    setText(row.detail, STATUS_LABELS[status] + motion);
    setText(row.age, formatAge(this.nowMs - recordedAtMs));
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
