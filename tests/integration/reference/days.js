// Sums of local days and drivers by the definitions, a straight loop. Takes what countingBreadcrumbs gives, with limits.
import { HOUR_US, SECOND_US, standing, step_m, unflagged } from './breadcrumbs.js';
import { isOver } from './speeding.js';

// assignments: [{driver_id, from_us, until_us}], not overlapping. midnights: the instants (us) at which local days begin, ascending.
function pieces(from_us, to_us, cuts) {
  const points = [from_us, ...cuts.filter((cut) => cut > from_us && cut < to_us), to_us];
  return points.slice(1).map((point, i) => [points[i], point]);
}

function driverOver(assignments, from, to, t_us) {
  const at = (moment) => assignments.find(({ from_us, until_us }) => from_us <= moment && moment < until_us);
  const earlier = at(from);
  const later = at(to);
  if (earlier && t_us < earlier.until_us) {
    return earlier.driver_id;
  }
  return later && t_us >= later.from_us ? later.driver_id : 0;
}

function dailySums(breadcrumbs, dayAt, midnights, assignments = []) {
  const good = unflagged(breadcrumbs);
  const rows = new Map();
  const row = (day, driver_id) => {
    const key = `${day} ${driver_id}`;
    if (!rows.has(key)) {
      rows.set(key, { day, driver_id, distance_m: 0, known_limit_m: 0, over_limit_m: 0, observed_s: 0, moving_s: 0, known_limit_s: 0,
        over_limit_s: 0, samples: 0, max_speed_kmh: null });
    }
    return rows.get(key);
  };
  const cuts = [...midnights, ...assignments.flatMap(({ from_us, until_us }) => [from_us, until_us])].sort((a, b) => a - b);
  for (let i = 0; i < good.length; i++) {
    const b = good[i];
    const own = row(dayAt(b.t_us), driverOver(assignments, b.t_us, b.t_us, b.t_us));
    own.samples++;
    if (b.speed_kmh !== null) {
      own.max_speed_kmh = Math.max(own.max_speed_kmh ?? 0, b.speed_kmh);
    }
    const before = good[i - 1];
    if (!before || b.t_us - before.t_us > HOUR_US) {
      continue;
    }
    const length_m = step_m(before, b);
    const middle_us = (before.t_us + b.t_us) / 2;
    for (const [from_us, to_us] of pieces(before.t_us, b.t_us, [...cuts, middle_us].sort((x, y) => x - y))) {
      const end = from_us < middle_us ? i - 1 : i;
      const share_m = (length_m * (to_us - from_us)) / (b.t_us - before.t_us);
      const seconds = (to_us - from_us) / SECOND_US;
      const sum = row(dayAt(from_us), driverOver(assignments, before.t_us, b.t_us, from_us));
      sum.distance_m += share_m;
      sum.observed_s += seconds;
      sum.moving_s += standing(good, end) ? 0 : seconds;
      if (good[end].limit_kmh !== null) {
        sum.known_limit_m += share_m;
        sum.known_limit_s += seconds;
        if (isOver(good[end])) {
          sum.over_limit_m += share_m;
          sum.over_limit_s += seconds;
        }
      }
    }
  }
  return [...rows.values()].filter((sum) => sum.samples > 0 || sum.observed_s > 0)
    .sort((a, b) => a.day - b.day || a.driver_id - b.driver_id);
}

export { dailySums };
