// Speeding episodes by the definitions ("Speeding"), a straight loop. Takes what countingBreadcrumbs gives, each breadcrumb with
// its limit: limit_kmh (null: unknown), limit_source.
import { FLAG_JUMP, SECOND_US, step_m } from './breadcrumbs.js';

const JOINED_WITHIN_US = 10 * SECOND_US;
const GAP_US = 120 * SECOND_US;
const LIMIT_CHANGE_KMH = 10;
const LIMIT_ESTIMATED = 'estimated';

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return sorted.length === 0 ? 0 : (sorted[Math.ceil(half) - 1] + sorted[Math.floor(half)]) / 2;
}

// The longest interval that does not part an episode, of each local day.
function longestIntervals(breadcrumbs, dayAt) {
  const intervals = new Map();
  let before = null;
  for (const b of breadcrumbs.filter(({ flags }) => flags === 0)) {
    if (before) {
      const day = dayAt(b.t_us);
      intervals.set(day, [...(intervals.get(day) || []), b.t_us - before.t_us]);
    }
    before = b;
  }
  return (t_us) => Math.max(GAP_US, 3 * median(intervals.get(dayAt(t_us)) || []));
}

// In whole thousandths of a km/h: 30 mph as a float is no excess over 30 mph as another.
const thousandths = (kmh) => Math.round(kmh * 1000);
const isOver = (b) => b.flags === 0 && b.speed_kmh !== null && b.limit_kmh !== null && thousandths(b.speed_kmh) > thousandths(b.limit_kmh);
const excess = (b) => (isOver(b) ? (thousandths(b.speed_kmh) - thousandths(b.limit_kmh)) / 1000 : 0);

// Why an episode whose members end at `last` ends at `k`; null: it does not.
function endReason(breadcrumbs, ignitionBefore, last, k, longest_us) {
  const b = breadcrumbs[k];
  const member = breadcrumbs[last];
  const next = breadcrumbs[last + 1];
  const under = next.limit_kmh === null || Math.abs(next.limit_kmh - member.limit_kmh) > LIMIT_CHANGE_KMH ? 'limit' : 'under';
  const isLate = b.t_us - member.t_us > JOINED_WITHIN_US;
  if (k > last + 1 && isLate) {
    return under;
  }
  if (b.t_us - breadcrumbs[k - 1].t_us > longest_us(b.t_us)) {
    return 'gap';
  }
  if (b.flags !== 0) {
    return 'invalid';
  }
  if (b.ignition === 0 && ignitionBefore[k] === 1) {
    return 'ignition';
  }
  if (isOver(b)) {
    return Math.abs(b.limit_kmh - member.limit_kmh) > LIMIT_CHANGE_KMH ? 'limit' : null;
  }
  return isLate ? under : null;
}

function percentile95(speeds) {
  const sorted = speeds.map((speed) => Math.round(speed * 10)).sort((a, b) => a - b);
  return sorted[Math.ceil(0.95 * sorted.length) - 1] / 10;
}

function episodeOf(breadcrumbs, members, end_reason, driverAt) {
  const first = members[0];
  const last = members[members.length - 1];
  const over = members.map((i) => breadcrumbs[i]);
  const peak = over.reduce((best, b) => (excess(b) > excess(best) ? b : best));
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const between = breadcrumbs.slice(first, last + 1).filter(({ flags }) => flags === 0);
  let distance_m = 0;
  let largest_gap_s = 0;
  let integral = 0;
  for (let i = 1; i < between.length; i++) {
    const seconds = (between[i].t_us - between[i - 1].t_us) / SECOND_US;
    distance_m += step_m(between[i - 1], between[i]);
    largest_gap_s = Math.max(largest_gap_s, seconds);
    integral += ((excess(between[i]) + excess(between[i - 1])) / 2) * seconds;
  }
  const beside = [breadcrumbs[first - 1], breadcrumbs[last + 1]];
  return {
    started_at_us: over[0].t_us,
    ended_at_us: over[over.length - 1].t_us,
    driver_id: driverAt(over[0].t_us),
    before_s: beside[0] ? (over[0].t_us - beside[0].t_us) / SECOND_US : null,
    after_s: beside[1] ? (beside[1].t_us - breadcrumbs[last].t_us) / SECOND_US : null,
    distance_m,
    samples: over.length,
    largest_gap_s,
    max_speed_kmh: Math.max(...over.map((b) => b.speed_kmh)),
    mean_speed_kmh: mean(over.map((b) => b.speed_kmh)),
    p95_speed_kmh: percentile95(over.map((b) => b.speed_kmh)),
    limit_kmh: peak.limit_kmh,
    limit_source: peak.limit_source,
    max_excess_kmh: excess(peak),
    mean_excess_kmh: mean(over.map(excess)),
    excess_integral_kmh_s: integral,
    has_jump: beside.some((b) => b && (b.flags & FLAG_JUMP) !== 0),
    has_gap_60_s: largest_gap_s > 60,
    is_estimated: over.some((b) => b.limit_source === LIMIT_ESTIMATED),
    peak_at_us: peak.t_us,
    end_reason,
    is_open: end_reason === 'open',
  };
}

// dayAt(t_us): the local day; driverAt(t_us): who drove.
function speedingEpisodes(breadcrumbs, dayAt, driverAt = () => 0) {
  const longest_us = longestIntervals(breadcrumbs, dayAt);
  let known = null;
  const ignitionBefore = breadcrumbs.map((b) => {
    const before = known;
    known = b.flags === 0 && b.ignition !== null ? b.ignition : known;
    return before;
  });
  const episodes = [];
  let members = [];
  for (let k = 0; k < breadcrumbs.length; k++) {
    if (members.length > 0) {
      const reason = endReason(breadcrumbs, ignitionBefore, members[members.length - 1], k, longest_us);
      if (reason) {
        episodes.push(episodeOf(breadcrumbs, members, reason, driverAt));
        members = [];
      }
    }
    if (isOver(breadcrumbs[k])) {
      members.push(k);
    }
  }
  if (members.length > 0) {
    episodes.push(episodeOf(breadcrumbs, members, 'open', driverAt));
  }
  return episodes;
}

export { isOver, speedingEpisodes };
