// The REST calls of the page. A failed one is an ApiError that carries the server's problem text and request id.

export class ApiError extends Error {
  /** @param {string} message @param {number} status @param {string} requestId */
  constructor(message, status, requestId) {
    super(message);
    this.status = status;
    this.requestId = requestId;
  }
}

/** @param {string} path @param {AbortSignal} [signal] @returns {Promise<any>} */
function getJson(path, signal) {
  return askJson(path, { headers: { accept: 'application/json' }, signal });
}

/** @param {string} path @param {RequestInit} request @returns {Promise<any>} */
async function askJson(path, request) {
  const response = await fetch(path, request).catch((error) => {
    if (error.name === 'AbortError') throw error;
    throw new ApiError('The server cannot be reached.', 0, '');
  });
  if (response.ok) return response.json();
  const problem = await response.json().catch(() => ({}));
  throw new ApiError(problem.detail || problem.title || `The server answered ${response.status}.`, response.status, problem.request_id ?? '');
}

/** @returns {Promise<import('./base_map.js').PageConfig>} */
export function fetchPageConfig() {
  return getJson('/v1/page');
}

/** @param {string} name @param {AbortSignal} [signal] */
export function fetchVehicle(name, signal) {
  return getJson(`/v1/vehicles/${encodeURIComponent(name)}`, signal);
}

/** @param {string} name @param {string | null} shadow null: the classic one @param {AbortSignal} signal */
export function fetchShadow(name, shadow, signal) {
  const query = shadow === null ? '' : `?shadow=${encodeURIComponent(shadow)}`;
  return getJson(`/v1/vehicles/${encodeURIComponent(name)}/shadow${query}`, signal);
}

/** The newest changes of its desired state, and the names of its shadows that are kept. @param {string} name @param {AbortSignal} signal
 * @returns {Promise<{items: import('./desired_ledger.js').Change[], shadows: (string | null)[]}>} */
export function fetchDesired(name, signal) {
  return getJson(`/v1/vehicles/${encodeURIComponent(name)}/desired?limit=10`, signal);
}

/** @param {string} name @param {object} request @param {string} key the same for the same request made again */
export function putDesired(name, request, key) {
  return askJson(`/v1/vehicles/${encodeURIComponent(name)}/desired`, {
    method: 'PUT',
    headers: { accept: 'application/json', 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(request),
  });
}

/** @param {string} text @param {AbortSignal} signal */
export function searchVehicles(text, signal) {
  return getJson(`/v1/vehicles?search=${encodeURIComponent(text)}&limit=20`, signal);
}

/** @typedef {{recorded_at: string, lon: number, lat: number, speed_kmh: number | null, heading_deg: number | null,
 *   temperature_c: number | null, ignition: boolean | null, flags: string[]}} TrackPoint */

/** Every point of a track: the server answers with all of them at once. @param {string} name @param {number} fromMs @param {number} toMs
 * @param {number} toleranceM leaves out points so near to the line without them; 0 keeps all
 * @param {AbortSignal} signal @returns {Promise<TrackPoint[]>} */
export async function fetchTrack(name, fromMs, toMs, toleranceM, signal) {
  const query = new URLSearchParams({
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    f: 'json',
    tolerance_m: String(toleranceM),
  });
  return (await getJson(`/v1/vehicles/${encodeURIComponent(name)}/track?${query}`, signal)).items;
}
