// The figures of the speeding view as people read them, in the chosen units.
import { formatSpeed, speedIn } from './format.js';

/** @typedef {'kmh' | 'mph'} Units */

const NONE = '–';
const MINUS = '−';
/** @type {Intl.NumberFormat[]} */
const numbers = [0, 1, 2].map((digits) => new Intl.NumberFormat(undefined, { minimumFractionDigits: digits, maximumFractionDigits: digits }));
const percent = new Intl.NumberFormat(undefined, { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 });
const KM_PER_MILE = 1 / speedIn(1, 'mph');

/** @param {Units} units */
export function distanceUnit(units) {
  return units === 'mph' ? 'mi' : 'km';
}

/** @param {number} km @param {Units} units */
export function formatDistance(km, units) {
  const distance = units === 'mph' ? km / KM_PER_MILE : km;
  return numbers[distance < 100 ? 1 : 0].format(distance);
}

/** @param {number} value */
export function formatNumber(value) {
  return numbers[value < 10 ? 2 : value < 100 ? 1 : 0].format(value);
}

/** @param {number | null} perKm episodes for each 100 km @param {Units} units */
function ratePerDistance(perKm, units) {
  return perKm === null ? null : perKm * (units === 'mph' ? KM_PER_MILE : 1);
}

/** @param {number | null} rate */
function formatRate(rate) {
  return rate === null ? NONE : formatNumber(rate);
}

/** @param {number | null} low @param {number | null} high */
function formatInterval(low, high) {
  return low === null || high === null ? '' : `${formatNumber(low)} to ${formatNumber(high)}`;
}

/** A rate and its interval. @param {import('./speeding_api.js').Figures} figures @param {Units} units */
export function rateByDistance(figures, units) {
  const [rate, low, high] = [figures.per_100_km, figures.per_100_km_low, figures.per_100_km_high].map((each) => ratePerDistance(each, units));
  return { rate: formatRate(rate), interval: formatInterval(low, high) };
}

/** @param {import('./speeding_api.js').Figures} figures */
export function rateByTime(figures) {
  return { rate: formatRate(figures.per_100_h), interval: formatInterval(figures.per_100_h_low, figures.per_100_h_high) };
}

/** @param {number | null} changePerKm @param {Units} units */
export function formatChange(changePerKm, units) {
  const change = ratePerDistance(changePerKm, units);
  if (change === null) return NONE;
  const size = formatNumber(Math.abs(change));
  if (Number(Math.abs(change).toFixed(2)) === 0) return '±0';
  return `${change > 0 ? '+' : MINUS}${size}`;
}

/** @param {number | null} share */
export function formatShare(share) {
  return share === null ? NONE : percent.format(share);
}

/** @param {number | null} excessKmh @param {Units} units */
export function formatExcess(excessKmh, units) {
  return excessKmh === null ? NONE : `+${formatSpeed(excessKmh, units)}`;
}

/** What a row is of. @param {import('./speeding_api.js').Row} row */
export function rowName(row) {
  if (row.day !== undefined) return formatDay(row.day);
  if (row.vehicle !== undefined) return row.vehicle;
  return row.driver ?? 'Nobody known';
}

/** @param {string} day 2026-11-22 */
function formatDay(day) {
  return new Intl.DateTimeFormat(undefined, { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' }).format(Date.parse(`${day}T00:00:00Z`));
}

/** A time in a zone; in UTC, and saying so, where the browser does not know the zone.
 * @param {string} time @param {string} timeZone @param {Intl.DateTimeFormatOptions} options */
export function formatInZone(time, timeZone, options) {
  try {
    return new Intl.DateTimeFormat(undefined, { ...options, timeZone }).format(Date.parse(time));
  } catch {
    return `${new Intl.DateTimeFormat(undefined, { ...options, timeZone: 'UTC' }).format(Date.parse(time))} UTC`;
  }
}

/** First and last day. @param {string} from @param {string} to excluded @param {string} zone */
export function formatPeriod(from, to, zone) {
  const first = formatInZone(from, zone, { dateStyle: 'medium' });
  const last = formatInZone(new Date(Date.parse(to) - 1).toISOString(), zone, { dateStyle: 'medium' });
  return first === last ? first : `${first} to ${last}`;
}

/** @param {number} metres @param {Units} units */
export function formatMetres(metres, units) {
  if (units === 'kmh' && metres < 1000) return `${Math.round(metres)} m`;
  return `${formatNumber(speedIn(metres / 1000, units))} ${distanceUnit(units)}`;
}
