// The REST calls of the speeding view.
import { ask, askJson, getJson } from './api.js';

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

/**
 * @typedef {'open' | 'confirmed' | 'excused' | 'disputed'} ReviewState
 * @typedef {{id: number, vehicle: string, driver: string | null, started_at: string, ended_at: string, duration_s: number, before_s: number | null,
 *   after_s: number | null, distance_m: number, samples: number, largest_gap_s: number, max_speed_kmh: number, mean_speed_kmh: number,
 *   limit_kmh: number, limit_source: string, max_excess_kmh: number, band: string, has_jump: boolean, is_estimated: boolean, is_strict: boolean,
 *   end_reason: string, road: string | null, zone: string | null, is_open: boolean, review: ReviewState, revision: number, rule_version: number}} Episode
 * @typedef {{review: ReviewState, note: string | null, reviewed_by: string | null, reviewed_at: string}} Review
 * @typedef {{recorded_at: string, lon: number, lat: number, speed_kmh: number | null, excess_kmh: number | null}} EpisodePoint
 * @typedef {Episode & {reviews: Review[], breadcrumbs: EpisodePoint[]}} WholeEpisode
 */

/** @param {URLSearchParams} query @param {AbortSignal} signal @returns {Promise<{items: Episode[], next: string | null}>} */
export function fetchEpisodes(query, signal) {
  return getJson(`/v1/speeding/episodes?${query}`, signal);
}

/** @param {number} id @param {AbortSignal} signal @returns {Promise<WholeEpisode>} */
export function fetchEpisode(id, signal) {
  return getJson(`/v1/speeding/episodes/${id}`, signal);
}

/** @param {number} id @param {{review: ReviewState, note: string | null, reviewed_by: string | null}} review @returns {Promise<WholeEpisode>} */
export function reviewEpisode(id, review) {
  return askJson(`/v1/speeding/episodes/${id}`, {
    method: 'PATCH',
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: JSON.stringify(review),
  });
}
