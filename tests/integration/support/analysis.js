// What the analysis has made of the breadcrumbs: waits until it is through, and lists every derived row.
import { eventually } from './program.js';

const DERIVED = {
  trip: 'started_at, ended_at, driver_id, distance_m, moving_s, max_speed_kmh, samples, st_astext(started_geom), st_astext(ended_geom), end_reason, is_open',
  stop: 'started_at, ended_at, idling_s, samples, st_astext(geom), is_open',
  speeding_episode: `started_at, ended_at, driver_id, before_s, after_s, distance_m, samples, largest_gap_s, max_speed_kmh, mean_speed_kmh,
    p95_speed_kmh, limit_kmh, limit_source, max_excess_kmh, mean_excess_kmh, excess_integral_kmh_s, quality, end_reason, road_id, geofence_id,
    st_astext(started_geom), peak_at, st_astext(peak_geom), st_astext(ended_geom), is_open`,
  drive_day: `day, driver_id, distance_m, known_limit_m, over_limit_m, observed_s, moving_s, known_limit_s, over_limit_s, samples,
    max_speed_kmh`,
  zone_visit: 'geofence_id, entered_at, exited_at, samples, is_open',
  excursion: `rule_id, tier, side, started_at, ended_at, limit_c, extreme_c, extreme_at, degree_minutes, over_s, paused_s, samples, fired_at,
    is_open`,
  road_run: 'started_at, ended_at, road_id, is_forward, samples',
};

/** Every breadcrumb is in the derived rows, and nothing is left to be computed anew. */
export async function analysed(program, { timeoutMs = 120_000 } = {}) {
  await eventually(async () => {
    const [[open]] = await program.sql(`SELECT (SELECT seq FROM analysis_progress) < (SELECT head FROM feed)
      OR EXISTS (SELECT FROM analysis_backlog) OR EXISTS (SELECT FROM recompute WHERE finished_at IS NULL)`).catch(() => [['t']]);
    return open === 'f';
  }, { timeoutMs, everyMs: 100, what: 'the end of the analysis' });
}

/** All derived rows as sorted lines; the conditions that still hold too. Revisions and numbers given by chance are left out. */
export async function derivedRows(program) {
  const lines = [];
  for (const [table, columns] of Object.entries(DERIVED)) {
    const rows = await program.sql(`SELECT v.name, ${columns} FROM ${table} JOIN vehicle v USING (vehicle_id)`);
    lines.push(...rows.map((row) => [table, ...row].join(' ')));
  }
  const conditions = await program.sql(`SELECT v.name, c.kind, subject_id, began_at, fires_at, value, limit_value
    FROM alert_condition c JOIN vehicle v USING (vehicle_id) WHERE ended_at IS NULL`);
  lines.push(...conditions.map((row) => ['condition', ...row].join(' ')));
  return lines.sort();
}
