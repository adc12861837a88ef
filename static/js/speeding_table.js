// The league table: the highest rate first. Tells by a `choose` event which row was pressed.
import { byId, make, setText } from './dom.js';
import { formatCount } from './format.js';
import { distanceUnit, formatChange, formatDistance, formatExcess, formatShare, rateByDistance, rateByTime, rowName } from './speeding_words.js';

/** @typedef {import('./speeding_api.js').Row} Row */

const GROUPS = { vehicle: 'Vehicle', driver: 'Driver', day: 'Day' };
const BANDS = /** @type {const} */ (['minor', 'moderate', 'severe', 'extreme']);

export class SpeedingTable extends EventTarget {
  constructor() {
    super();
    this.body = byId('speeding-rows');
  }

  /** @param {import('./speeding_api.js').Report} report @param {Row[]} rows of all pages so far @param {import('./speeding_words.js').Units} units */
  show(report, rows, units) {
    const unit = distanceUnit(units);
    setText(byId('speeding-name-head'), GROUPS[report.group_by]);
    setText(byId('speeding-distance-head'), `Driven, ${unit}`);
    setText(byId('speeding-rate-head'), `Per 100 ${unit}`);
    setText(byId('speeding-change-head'), `Change per 100 ${unit}`);
    this.body.replaceChildren(...rows.map((row) => this.build(row, units)));
  }

  /** @param {Row} row @param {import('./speeding_words.js').Units} units */
  build(row, units) {
    const line = make('tr');
    const name = make('th');
    name.scope = 'row';
    name.append(this.nameOf(row));
    const { rate, interval } = rateByDistance(row, units);
    const byTime = rateByTime(row);
    line.append(
      cell(row.rank === null ? '–' : String(row.rank)),
      name,
      cell(formatDistance(row.distance_km, units), `${formatShare(row.known_limit_share)} known`),
      cell(formatCount(row.episodes)),
      ...BANDS.map((band) => bandCell(row[band])),
      cell(rate, interval),
      cell(byTime.rate, byTime.interval),
      cell(formatShare(row.over_limit_distance_share), `${formatShare(row.over_limit_time_share)} of time`),
      cell(formatExcess(row.worst_excess_kmh, units)),
      cell(formatChange(row.change_per_100_km, units)),
    );
    return line;
  }

  /** @param {Row} row */
  nameOf(row) {
    const button = make('button', 'row-button', rowName(row));
    button.type = 'button';
    button.addEventListener('click', () => this.dispatchEvent(new CustomEvent('choose', { detail: row })));
    return button;
  }
}

/** @param {number} count */
function bandCell(count) {
  const element = cell(formatCount(count));
  element.classList.toggle('is-none', count === 0);
  return element;
}

/** @param {string} text @param {string} [detail] */
function cell(text, detail) {
  const element = make('td', '', text);
  if (detail) element.append(make('span', 'quiet', detail));
  return element;
}
