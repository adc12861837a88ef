// The controls of the speeding report. What a person has not chosen stays out of the query: the server then takes the fleet's own
// settings, and the fields show what it took. Tells by a `change` event, a moment after the last key.
import { byId, setText } from './dom.js';
import { speedIn, speedUnit } from './format.js';

const TYPING_MS = 250;
const DATES = 'dates';
const DEFAULT_RANGE = 'last_30_days';
/** @typedef {{from: string, to: string}} Days first and last, both included */
/** Parameters that are numbers, with their fields. @type {[string, string, string][]} */
const NUMBERS = [['tolerance_kmh', 'speeding-tolerance', 'Tolerance'], ['min_duration_s', 'speeding-duration', 'Lasting at least'], ['min_samples', 'speeding-samples', 'Breadcrumbs at least']];

/** @param {string} id */
const input = (id) => /** @type {HTMLInputElement} */ (byId(id));

export class SpeedingFilter extends EventTarget {
  /** @param {import('./settings.js').Settings} settings */
  constructor(settings) {
    super();
    this.settings = settings;
    this.range = /** @type {HTMLSelectElement} */ (byId('speeding-range'));
    this.form = /** @type {HTMLFormElement} */ (byId('speeding-form'));
    this.problem = byId('speeding-problem');
    /** Chosen by a person; speeds in km/h. */
    this.chosen = new URLSearchParams();
    this.timer = 0;
    this.range.addEventListener('change', () => this.onRange());
    for (const id of ['speeding-from', 'speeding-to']) input(id).addEventListener('change', () => this.onDates());
    for (const [name, id] of NUMBERS) input(id).addEventListener('input', () => this.onNumber(name, input(id)));
    for (const radio of this.radios('group_by', 'strict')) radio.addEventListener('change', () => this.choose(radio.name, radio.value));
    this.form.addEventListener('submit', (event) => event.preventDefault());
    byId('speeding-reset').addEventListener('click', () => this.reset());
    this.showUnits();
  }

  /** @param {string[]} names @returns {HTMLInputElement[]} */
  radios(...names) {
    return [...this.form.querySelectorAll('input')].filter((each) => each.type === 'radio' && names.includes(each.name));
  }

  /** As the parameters of the API. */
  get query() {
    return new URLSearchParams(this.chosen);
  }

  /** @param {string} text as `query` gave it, by way of the address */
  setQuery(text) {
    this.chosen = new URLSearchParams(text);
    const isDates = this.chosen.has('from') || this.chosen.has('to');
    this.range.value = isDates ? DATES : this.chosen.get('range') ?? DEFAULT_RANGE;
    byId('speeding-dates').hidden = !isDates;
    input('speeding-from').value = this.chosen.get('from') ?? '';
    input('speeding-to').value = isDates ? addDays(this.chosen.get('to') ?? '', -1) : '';
    for (const radio of this.radios('group_by', 'strict')) radio.checked = radio.value === (this.chosen.get(radio.name) ?? (radio.name === 'strict' ? 'false' : 'vehicle'));
    this.showNumbers();
    this.check();
  }

  /** @param {import('./speeding_api.js').Report} report shows what the server took where nothing was chosen */
  showTaken(report) {
    this.taken = report;
    this.showNumbers();
    if (this.range.value === DATES) return;
    const day = (/** @type {string} */ time) => new Intl.DateTimeFormat('en-CA', { timeZone: report.tz }).format(Date.parse(time));
    try {
      input('speeding-from').value = day(report.from);
      input('speeding-to').value = day(new Date(Date.parse(report.to) - 1).toISOString());
    } catch {
      // A zone that this browser does not know: the dates are left for the person to enter.
    }
  }

  /** To be called when the units have changed. */
  showUnits() {
    setText(byId('speeding-tolerance-unit'), speedUnit(this.settings.values.units));
    this.showNumbers();
  }

  showNumbers() {
    for (const [name, id] of NUMBERS) {
      const taken = this.taken?.[/** @type {'tolerance_kmh' | 'min_duration_s' | 'min_samples'} */ (name)];
      const value = this.chosen.has(name) ? Number(this.chosen.get(name)) : taken;
      if (value === undefined || document.activeElement === input(id)) continue;
      const shown = name === 'tolerance_kmh' ? Math.round(speedIn(value, this.settings.values.units) * 10) / 10 : value;
      input(id).value = String(shown);
    }
  }

  onRange() {
    const isDates = this.range.value === DATES;
    byId('speeding-dates').hidden = !isDates;
    if (isDates) return this.onDates();
    for (const name of ['from', 'to']) this.chosen.delete(name);
    this.choose('range', this.range.value);
  }

  onDates() {
    const [from, to] = [input('speeding-from').value, input('speeding-to').value];
    this.chosen.delete('range');
    if (from) this.chosen.set('from', from);
    if (to) this.chosen.set('to', addDays(to, 1));
    this.announce(0);
  }

  /** @param {string} name @param {HTMLInputElement} field */
  onNumber(name, field) {
    if (field.value === '') this.chosen.delete(name);
    else if (name === 'tolerance_kmh') this.chosen.set(name, String(this.inKmh(Number(field.value))));
    else this.chosen.set(name, field.value);
    this.announce(TYPING_MS);
  }

  /** @param {number} speed in the chosen units */
  inKmh(speed) {
    return Math.round((speed / speedIn(1, this.settings.values.units)) * 1000) / 1000;
  }

  /** @param {string} name @param {string} value */
  choose(name, value) {
    this.chosen.set(name, value);
    this.announce(0);
  }

  reset() {
    this.setQuery('');
    this.announce(0);
  }

  /** @param {number} pauseMs */
  announce(pauseMs) {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.check() && this.dispatchEvent(new CustomEvent('change')), pauseMs);
  }

  /** Says what cannot be asked. */
  check() {
    const problem = this.describeProblem();
    this.problem.hidden = problem === '';
    setText(this.problem, problem);
    return problem === '';
  }

  describeProblem() {
    for (const [, id, label] of NUMBERS) {
      const field = input(id);
      const isGood = field.validity.valid;
      field.setAttribute('aria-invalid', String(!isGood));
      if (!isGood) return `${label}: a ${field.step === '1' ? 'whole ' : ''}number from ${field.min} to ${field.max}.`;
    }
    if (this.range.value !== DATES) return '';
    const [from, to] = [input('speeding-from').value, input('speeding-to').value];
    if (!from || !to) return 'Enter the first and the last day.';
    return from <= to ? '' : 'The last day lies before the first.';
  }
}

/** @param {string} day 2026-11-22, or '' @param {number} days */
export function addDays(day, days) {
  const timeMs = Date.parse(`${day}T00:00:00Z`);
  return Number.isNaN(timeMs) ? '' : new Date(timeMs + days * 86400000).toISOString().slice(0, 10);
}
