// The fleet's figures above the league table, and the line that says what they are of.
import { byId, make, setText } from './dom.js';
import { formatCount, formatSpeed } from './format.js';
import { distanceUnit, formatChange, formatDistance, formatExcess, formatNumber, formatPeriod, formatShare, rateByDistance, rateByTime } from './speeding_words.js';

/** @typedef {import('./speeding_api.js').Report} Report */
/** @typedef {import('./speeding_words.js').Units} Units */

/** @param {Report} report @param {Units} units */
export function showSummary(report, units) {
  setText(byId('speeding-facts'), describeReport(report, units));
  const tiles = makeTiles(report, units).map(([label, value, detail]) => {
    const tile = make('div', 'tile');
    tile.append(make('dt', '', label), make('dd', 'tile-value', value), make('dd', 'quiet', detail));
    return tile;
  });
  byId('speeding-tiles').replaceChildren(...tiles);
}

/** Period, zone, filters, rule version. @param {Report} report @param {Units} units */
function describeReport(report, units) {
  const counted = `Episodes of more than ${formatSpeed(report.tolerance_kmh, units)} over the limit, at least ${report.min_duration_s} s and ${report.min_samples} ${report.min_samples === 1 ? 'breadcrumb' : 'breadcrumbs'}`;
  const kind = report.strict ? 'strict: without lone breadcrumbs, jumps, long gaps, excused and disputed ones' : 'all, excused and disputed ones too';
  const cut = report.whole_days ? '' : ' Days that the period cuts share their distance by time.';
  return `${formatPeriod(report.from, report.to, report.tz)}, ${report.tz}. ${counted}; ${kind}.${cut} Rule set ${report.rule_version}.`;
}

/** @param {Report} report @param {Units} units @returns {[string, string, string][]} label, value, detail */
function makeTiles(report, units) {
  const { fleet } = report;
  const unit = distanceUnit(units);
  const byDistance = rateByDistance(fleet, units);
  const byTime = rateByTime(fleet);
  /** @type {[string, string, string][]} */
  const tiles = [
    ['Driven', `${formatDistance(fleet.distance_km, units)} ${unit}`, `${formatNumber(fleet.observed_h)} h observed`],
    ['Known limit', formatShare(fleet.known_limit_share), `${formatDistance(fleet.known_limit_km, units)} ${unit} of the distance`],
    ['Episodes', formatCount(fleet.episodes), `${fleet.minor} minor, ${fleet.moderate} moderate, ${fleet.severe} severe, ${fleet.extreme} extreme`],
    [`Per 100 ${unit}`, byDistance.rate, byDistance.interval && `95 %: ${byDistance.interval}`],
    ['Per 100 h', byTime.rate, byTime.interval && `95 %: ${byTime.interval}`],
    ['Over the limit', formatShare(fleet.over_limit_distance_share), `of the distance; ${formatShare(fleet.over_limit_time_share)} of the time`],
    ['Worst', formatExcess(fleet.worst_excess_kmh, units), 'over the limit'],
  ];
  if (report.group_by !== 'day') {
    tiles.push([`Change per 100 ${unit}`, formatChange(fleet.change_per_100_km, units), `against ${formatPeriod(report.previous_from, report.from, report.tz)}`]);
  }
  return tiles;
}

/** Why there is nothing to see, in words; '' when there is. @param {Report} report */
export function describeEmptiness({ fleet, items }) {
  if (items.length === 0) return 'Nothing was driven in this period. Choose a longer one, or look at Ingest for what arrives.';
  if (fleet.episodes > 0) return '';
  if (fleet.known_limit_km === 0) return 'No speed limit is known on any of these roads, so nothing can count as speeding. Import roads with import-osm, or set a limit for the fleet.';
  return 'No episode counts with these filters.';
}
