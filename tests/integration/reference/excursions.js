// Excursions of a temperature rule by the definitions ("Temperature"), a straight loop. Takes what countingBreadcrumbs gives.
//
// rule: {lowest_c, highest_c, urgent_lowest_c, urgent_highest_c (null: none), hysteresis_c, for_s, clear_for_s, silent_s}.
import { SECOND_US } from './breadcrumbs.js';

const beyond = (value, limit, side) => (limit === null || limit === undefined ? 0 : side * (value - limit));

// The area, and the time, that the straight line from `a` to `b` has over the limit; the line is `seconds` long.
function over(a, b, seconds) {
  if (a <= 0 && b <= 0) {
    return { degree_s: 0, seconds: 0 };
  }
  if (a >= 0 && b >= 0) {
    return { degree_s: ((a + b) / 2) * seconds, seconds };
  }
  const share = Math.max(a, b) / Math.abs(a - b);
  return { degree_s: (Math.max(a, b) / 2) * share * seconds, seconds: share * seconds };
}

function ofLimit(readings, rule, tier, side, limit_c, for_us) {
  const rows = [];
  let row = null;
  let clearing_us = null;
  const end = () => {
    rows.push(row);
    row = null;
    clearing_us = null;
  };
  readings.forEach(({ t_us, value }, i) => {
    const excess = beyond(value, limit_c, side);
    const before = readings[i - 1];
    if (row && before) {
      const seconds = Math.min((t_us - before.t_us) / SECOND_US, rule.silent_s);
      const area = over(beyond(before.value, limit_c, side), excess, seconds);
      row.degree_minutes += area.degree_s / 60;
      row.over_s += area.seconds;
    }
    if (excess > 0) {
      if (!row) {
        row = { tier, side: side > 0 ? 'warm' : 'cold', limit_c, started_at_us: t_us, extreme_c: value, extreme_at_us: t_us,
          degree_minutes: 0, over_s: 0, samples: 0, fired_at_us: null, is_open: true };
        if (before) {
          const seconds = Math.min((t_us - before.t_us) / SECOND_US, rule.silent_s);
          const area = over(beyond(before.value, limit_c, side), excess, seconds);
          row.degree_minutes += area.degree_s / 60;
          row.over_s += area.seconds;
        }
      }
      row.ended_at_us = t_us;
      row.samples++;
      if (side * (value - row.extreme_c) > 0) {
        row.extreme_c = value;
        row.extreme_at_us = t_us;
      }
      if (row.fired_at_us === null && t_us - row.started_at_us >= for_us) {
        row.fired_at_us = t_us;
      }
      clearing_us = null;
    } else if (row && row.fired_at_us === null) {
      row.is_open = false;
      end();
    } else if (row) {
      if (excess > -rule.hysteresis_c) {
        clearing_us = null;
      } else {
        clearing_us = clearing_us ?? t_us;
        if (t_us - clearing_us >= rule.clear_for_s * SECOND_US) {
          row.is_open = false;
          end();
        }
      }
    }
  });
  if (row) {
    end();
  }
  return rows;
}

function excursions(breadcrumbs, rule) {
  const readings = breadcrumbs.filter((b) => b.temperature_c !== null).map((b) => ({ t_us: b.t_us, value: b.temperature_c }));
  const limits = [
    [1, 1, rule.highest_c, rule.for_s], [1, -1, rule.lowest_c, rule.for_s],
    [2, 1, rule.urgent_highest_c, 0], [2, -1, rule.urgent_lowest_c, 0],
  ];
  return limits
    .filter(([, , limit]) => limit !== null && limit !== undefined)
    .flatMap(([tier, side, limit, for_s]) => ofLimit(readings, rule, tier, side, limit, for_s * SECOND_US))
    .sort((a, b) => a.tier - b.tier || a.started_at_us - b.started_at_us);
}

export { excursions };
