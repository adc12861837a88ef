// Trips and stops by the definitions ("Trip and stop"), a straight loop. Takes what countingBreadcrumbs gives.
import { geodesic_m } from './geodesic.js';
import { HOUR_US, SECOND_US, ignitionSoFar, standing, step_m, unflagged } from './breadcrumbs.js';

const STAY_M = 200;
const STAY_US = 180 * SECOND_US;
const TRIP_MIN_M = 200;

function sums(good, stands, from, to) {
  const sum = { distance_m: 0, moving_s: 0, idling_s: 0, samples: to - from + 1, max_speed_kmh: null };
  for (let i = from; i <= to; i++) {
    if (good[i].speed_kmh !== null) {
      sum.max_speed_kmh = Math.max(sum.max_speed_kmh ?? 0, good[i].speed_kmh);
    }
    if (i > from) {
      const half_s = (good[i].t_us - good[i - 1].t_us) / SECOND_US / 2;
      sum.distance_m += step_m(good[i - 1], good[i]);
      for (const end of [i - 1, i]) {
        sum.moving_s += stands[end] ? 0 : half_s;
        sum.idling_s += stands[end] && good[end].ignition === 1 ? half_s : 0;
      }
    }
  }
  return sum;
}

// The oldest breadcrumb of from..k that it and all later ones lie within 200 m of, for at least 180 s; -1: none.
function stayBegin(good, from, k) {
  for (let i = from; i <= k && good[k].t_us - good[i].t_us >= STAY_US; i++) {
    let together = true;
    for (let j = i + 1; together && j <= k; j++) {
      together = geodesic_m(good[i], good[j]) <= STAY_M;
    }
    if (together) {
      return i;
    }
  }
  return -1;
}

// Where the stop that was noticed by the stay i..k begins.
function datedBack(good, stands, i, k) {
  for (let j = i; j <= k; j++) {
    let together = stands[j];
    for (let later = j + 1; together && later <= k; later++) {
      together = geodesic_m(good[j], good[later]) <= STAY_M;
    }
    if (together) {
      return j;
    }
  }
  return i;
}

function tripsAndStops(breadcrumbs, driverAt = () => 0) {
  const good = unflagged(breadcrumbs);
  const stands = good.map((_, i) => standing(good, i));
  const ignition = ignitionSoFar(good);
  const trips = [];
  const stops = [];
  let stop = null; // {from}: standing since good[from], which is its place
  let driveFrom = 0; // when there is no stop
  let outsideFrom = 0; // its first breadcrumb outside the stop before
  let goesOff = false; // the ignition went off after it was on, and the vehicle has not stood since
  let before = null; // the stop that the present drive began with, if there is one

  const closeStop = (to) => {
    stops.push({ from: stop.from, to, is_open: false });
    before = stops[stops.length - 1];
    stop = null;
  };
  // Nothing moved since the stop before, and here is its place again: the receiver's noise.
  const isNoise = (to) => before && geodesic_m(good[before.from], good[to]) <= STAY_M
    && stands.slice(driveFrom, to + 1).every(Boolean);
  const closeDrive = (to, end_reason) => {
    if (to > driveFrom) {
      const sum = sums(good, stands, driveFrom, to);
      if (sum.distance_m >= TRIP_MIN_M && !isNoise(to)) {
        trips.push({ from: driveFrom, to, end_reason, is_open: false });
      } else if (before) {
        before.to = to;
      }
    }
    before = null;
  };

  for (let k = 0; k < good.length; k++) {
    const gap = k > 0 && good[k].t_us - good[k - 1].t_us > HOUR_US;
    if (k > 0 && ignition[k] === 0 && ignition[k - 1] === 1) {
      goesOff = true;
    } else if (ignition[k] === 1) {
      goesOff = false;
    }
    if (stop && geodesic_m(good[stop.from], good[k]) > STAY_M) {
      if (gap) {
        closeStop(k - 1);
        before = null;
        driveFrom = k;
        outsideFrom = k;
      } else {
        let last = k - 1;
        for (let i = k - 1; i > stop.from; i--) {
          if (stands[i]) {
            last = i;
            break;
          }
        }
        closeStop(last);
        driveFrom = last;
        outsideFrom = k;
      }
    }
    if (!stop && isNoise(k)) {
      stop = { from: before.from };
      stops.pop();
      before = null;
    } else if (!stop) {
      const stay = stayBegin(good, outsideFrom, k);
      if (stay >= 0) {
        const begin = datedBack(good, stands, stay, k);
        closeDrive(begin, 'stop');
        stop = { from: begin };
      } else if (gap && driveFrom < k) {
        closeDrive(k - 1, 'gap');
        driveFrom = k;
        outsideFrom = k;
      }
    }
    if (goesOff && stands[k]) {
      goesOff = false;
      if (!stop) {
        closeDrive(k, 'ignition');
        stop = { from: k };
      }
    }
  }
  if (stop) {
    stops.push({ from: stop.from, to: good.length - 1, is_open: true });
  } else if (good.length - 1 > driveFrom && sums(good, stands, driveFrom, good.length - 1).distance_m >= TRIP_MIN_M
    && !(before && stands.slice(driveFrom).every(Boolean))) {
    trips.push({ from: driveFrom, to: good.length - 1, end_reason: 'open', is_open: true });
  } else if (before) {
    before.to = good.length - 1;
    before.is_open = true;
  }
  return {
    trips: trips.map((trip) => ({
      started_at_us: good[trip.from].t_us,
      ended_at_us: good[trip.to].t_us,
      end_reason: trip.end_reason,
      is_open: trip.is_open,
      driver_id: driverAt(good[trip.from + 1].t_us),
      ...sums(good, stands, trip.from, trip.to),
    })),
    stops: stops.map((row) => ({
      started_at_us: good[row.from].t_us,
      ended_at_us: good[row.to].t_us,
      is_open: row.is_open,
      lon: good[row.from].lon,
      lat: good[row.from].lat,
      ...sums(good, stands, row.from, row.to),
    })),
  };
}

export { tripsAndStops };
