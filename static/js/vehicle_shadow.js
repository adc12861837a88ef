// The selected vehicle's shadow: what it reports and what is desired, side by side, with ages; and what was asked of it.
import { ApiError, fetchDesired, fetchShadow } from './api.js';
import { DesiredForm } from './desired_form.js';
import { DesiredLedger } from './desired_ledger.js';
import { byId, make, setText } from './dom.js';
import { formatAge, formatDateTime } from './format.js';
import { shadowRows } from './shadow_rows.js';

const REFRESH_MS = 5000;
const REFRESH_OPEN_MS = 2000;
const NOT_KEPT = 'None is kept yet. It comes with events that say a version, such as those of the topic .../shadow/update/documents.';

export class VehicleShadow {
  /** @param {{selection: import('./selection.js').Selection, link: import('./fleet_link.js').FleetLink}} parts */
  constructor({ selection, link }) {
    this.selection = selection;
    this.link = link;
    this.table = byId('shadow-table');
    this.body = byId('shadow-rows');
    this.choice = /** @type {HTMLSelectElement} */ (byId('shadow-name'));
    this.ledger = new DesiredLedger(link);
    this.form = new DesiredForm(() => this.reload());
    /** The chosen named shadow; null is the classic one. @type {string | null} */
    this.shadowName = null;
    /** @type {any} the answer of GET /v1/vehicles/{name}/shadow */
    this.shadow = null;
    this.shape = '';
    this.abort = new AbortController();
    this.timer = 0;
    this.choice.addEventListener('change', () => {
      this.shadowName = this.choice.value === '' ? null : this.choice.value;
      this.form.setTarget(this.selection.name, this.shadowName);
      this.reload();
    });
    selection.addEventListener('change', (event) => /** @type {CustomEvent} */ (event).detail === 'name' && this.open());
  }

  open() {
    const { name } = this.selection;
    this.abort.abort();
    clearTimeout(this.timer);
    this.shadowName = null;
    this.shadow = null;
    this.form.setTarget(name, null);
    this.ledger.clear();
    this.show();
    setText(byId('shadow-summary'), '');
    if (name !== null) this.reload();
  }

  reload() {
    const { name } = this.selection;
    this.abort.abort();
    clearTimeout(this.timer);
    if (name === null) return;
    this.abort = new AbortController();
    void this.refresh(name, this.abort.signal);
  }

  /** @param {string} name @param {AbortSignal} signal */
  async refresh(name, signal) {
    let summary = '';
    try {
      const asked = await fetchDesired(name, signal);
      const isKept = asked.shadows.includes(this.shadowName);
      this.shadow = isKept ? await fetchShadow(name, this.shadowName, signal) : null;
      this.ledger.show(asked.items);
      summary = isKept ? this.summary() : NOT_KEPT;
    } catch (error) {
      if (signal.aborted) return;
      summary = error instanceof ApiError ? error.message : 'The shadow could not be read.';
    }
    if (signal.aborted) return;
    this.show();
    setText(byId('shadow-summary'), summary);
    this.timer = window.setTimeout(() => void this.refresh(name, signal), this.ledger.isOpen ? REFRESH_OPEN_MS : REFRESH_MS);
  }

  summary() {
    const ageMs = this.link.serverNowMs - Date.parse(this.shadow.updated_at);
    const parts = this.shadow.is_complete ? '' : ' Some of its updates were missed, so it may lack members.';
    return `Version ${this.shadow.version}, changed ${formatAge(ageMs)} ago (${formatDateTime(Date.parse(this.shadow.updated_at))}).${parts}`;
  }

  show() {
    const { shadow } = this;
    this.table.hidden = shadow === null;
    const behind = byId('shadow-behind');
    behind.hidden = !shadow?.is_behind;
    if (shadow?.is_behind) {
      setText(behind, `The newest position came with version ${shadow.position_version}: this shadow is behind until it is stored or reported anew.`);
    }
    this.showChoice(shadow?.shadows ?? []);
    if (shadow) this.showRows(shadowRows(shadow));
  }

  /** @param {(string | null)[]} names */
  showChoice(names) {
    const wanted = [...new Set([...names, this.shadowName])];
    const shown = [...this.choice.options].map((option) => option.value).join('\n');
    byId('shadow-choice').hidden = wanted.length < 2;
    if (shown === wanted.map((name) => name ?? '').join('\n')) return;
    this.choice.replaceChildren(...wanted.map((name) => new Option(name ?? 'the vehicle (classic)', name ?? '')));
    this.choice.value = this.shadowName ?? '';
  }

  /** Writes only what changed while the members stay the same. @param {import('./shadow_rows.js').ShadowRow[]} rows */
  showRows(rows) {
    const shape = rows.map((row) => row.path).join('\n');
    if (shape !== this.shape) {
      this.shape = shape;
      this.body.replaceChildren(...rows.map(makeRow));
    }
    const nowMs = this.link.serverNowMs;
    rows.forEach((row, index) => fillRow(/** @type {HTMLTableRowElement} */ (this.body.children[index]), row, nowMs));
  }
}

/** @param {import('./shadow_rows.js').ShadowRow} row */
function makeRow(row) {
  const element = make('tr');
  const header = make('th', '', row.path);
  header.scope = 'row';
  element.append(header);
  for (let column = 0; column < 2; column++) {
    const cell = make('td');
    cell.append(make('span'), make('span', 'age'));
    element.append(cell);
  }
  return element;
}

/** @param {HTMLTableRowElement} element @param {import('./shadow_rows.js').ShadowRow} row @param {number} nowMs */
function fillRow(element, row, nowMs) {
  const [, reported, desired] = element.children;
  element.classList.toggle('differs', row.differs);
  setText(reported.children[0], row.reported || (row.desired ? 'not reported' : ''));
  setText(reported.children[1], row.reported && row.timeMs !== null ? `${formatAge(nowMs - row.timeMs)} ago` : '');
  setText(desired.children[0], row.desired);
  setText(desired.children[1], row.differs ? 'not reported so' : '');
}
