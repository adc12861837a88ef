// What the reference calculations share: which breadcrumbs count, standing, steps.
//
// The reference is written from the definitions alone, as straight loops over all breadcrumbs of a vehicle, and knows nothing of
// how the program computes the same. A breadcrumb: {t_us, version, lon, lat, speed_kmh, temperature_c, ignition, flags} with null
// for what is unknown; t_us: microseconds since 1970.
import { geodesic_m } from './geodesic.js';

const FLAG_FUTURE = 2;
const FLAG_JUMP = 8;
const SECOND_US = 1e6;
const HOUR_US = 3600 * SECOND_US;
const STANDING_UNDER_KMH = 5;

// Sorted, those from the future left out; of several at one instant the highest version, an unflagged one before a flagged one.
function countingBreadcrumbs(all) {
  const sorted = all.filter((b) => (b.flags & FLAG_FUTURE) === 0).sort((a, b) => a.t_us - b.t_us || a.version - b.version);
  const chosen = [];
  for (const breadcrumb of sorted) {
    const last = chosen[chosen.length - 1];
    if (!last || last.t_us !== breadcrumb.t_us) {
      chosen.push(breadcrumb);
    } else if (breadcrumb.flags === 0 || last.flags !== 0) {
      chosen[chosen.length - 1] = breadcrumb;
    }
  }
  return chosen;
}

const unflagged = (breadcrumbs) => breadcrumbs.filter((b) => b.flags === 0);

// Length of a step as it counts: jitter of a standing vehicle is none.
function step_m(from, to) {
  const length_m = geodesic_m(from, to);
  return length_m < 10 && from.speed_kmh === 0 && to.speed_kmh === 0 ? 0 : length_m;
}

function standing(good, i) {
  if (good[i].speed_kmh !== null) {
    return good[i].speed_kmh < STANDING_UNDER_KMH;
  }
  return i === 0 || (geodesic_m(good[i - 1], good[i]) / (good[i].t_us - good[i - 1].t_us)) * 3.6e6 < STANDING_UNDER_KMH;
}

// Ignition as last known, at each breadcrumb.
function ignitionSoFar(good) {
  let known = null;
  return good.map((b) => {
    known = b.ignition === null ? known : b.ignition;
    return known;
  });
}

export { FLAG_JUMP, HOUR_US, SECOND_US, countingBreadcrumbs, ignitionSoFar, standing, step_m, unflagged };
