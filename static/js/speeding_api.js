// The REST calls of the speeding view.
import { ask, getJson } from './api.js';

/**
 * @typedef {{distance_km: number, observed_h: number, moving_h: number, known_limit_km: number, known_limit_share: number | null, episodes: number,
 *   minor: number, moderate: number, severe: number, extreme: number, per_100_km: number | null, per_100_km_low: number | null,
 *   per_100_km_high: number | null, per_100_h: number | null, per_100_h_low: number | null, per_100_h_high: number | null,
 *   over_limit_distance_share: number | null, over_limit_time_share: number | null, worst_excess_kmh: number | null,
 *   worst_episode_id: number | null, previous_per_100_km: number | null, change_per_100_km: number | null}} Figures
 * @typedef {Figures & {rank: number | null, vehicle?: string, driver?: string | null, day?: string}} Row
 * @typedef {'vehicle' | 'driver' | 'day'} GroupBy
 * @typedef {{from: string, to: string, previous_from: string, tz: string, group_by: GroupBy, tolerance_kmh: number, min_duration_s: number,
 *   min_samples: number, strict: boolean, bands_kmh: number[], rule_version: number, whole_days: boolean, groups: number, fleet: Figures,
 *   items: Row[], next: string | null}} Report
 */

/** @param {URLSearchParams} query @param {AbortSignal} signal @returns {Promise<Report>} */
export function fetchReport(query, signal) {
  return getJson(`/v1/speeding/report?${query}`, signal);
}

/** The query against the views of the database that gives the same numbers. @param {URLSearchParams} query @returns {Promise<string>} */
export async function fetchReportSql(query) {
  return (await ask(`/v1/speeding/report?${query}&f=sql`, {})).text();
}
