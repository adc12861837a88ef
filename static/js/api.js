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
export function getJson(path, signal) {
  return askJson(path, { headers: { accept: 'application/json' }, signal });
}

/** @param {string} path @returns {Promise<any>} */
function postJson(path) {
  return askJson(path, { method: 'POST', headers: { accept: 'application/json' } });
}

/** @param {string} path @param {RequestInit} request @returns {Promise<any>} */
export async function askJson(path, request) {
  return (await ask(path, request)).json();
}

/** An answer that is not an error. @param {string} path @param {RequestInit} request */
export async function ask(path, request) {
  const response = await fetch(path, request).catch((error) => {
    if (error.name === 'AbortError') throw error;
    throw new ApiError('The server cannot be reached.', 0, '');
  });
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new ApiError(problem.detail || problem.title || `The server answered ${response.status}.`, response.status, problem.request_id ?? '');
}

/** What to say of a failure. @param {unknown} error */
export function describeError(error) {
  if (error instanceof ApiError && error.requestId) return `${error.message} (request ${error.requestId})`;
  return error instanceof Error ? error.message : String(error);
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

/** @param {AbortSignal} [signal] @returns {Promise<import('./ingest_status.js').Status>} */
export function fetchIngestStatus(signal) {
  return getJson('/v1/ingest/status', signal);
}

/** @param {URLSearchParams} query @param {AbortSignal} [signal] @returns {Promise<{items: import('./rejected_list.js').Rejected[], next: string | null}>} */
export function fetchRejected(query, signal) {
  return getJson(`/v1/ingest/rejected?${query}`, signal);
}

/** The next page of a list. @param {string} url as the server gave it @param {AbortSignal} [signal] */
export function fetchNext(url, signal) {
  const { pathname, search } = new URL(url, location.href);
  return getJson(pathname + search, signal);
}

/** With its bytes. @param {number} id @returns {Promise<import('./rejected_list.js').Rejected & {body_encoding: 'text' | 'base64', body: string}>} */
export function fetchRejectedEvent(id) {
  return getJson(`/v1/ingest/rejected/${id}`);
}

/** @param {number} id @returns {Promise<{outcome: string, stored: number, duplicates: number}>} */
export function replayRejected(id) {
  return postJson(`/v1/ingest/rejected/${id}/replay`);
}

/** A portion of all that fit. @param {URLSearchParams} query
 * @returns {Promise<{replayed: number, settled: number, still_rejected: number, after: number | null}>} */
export function replayMatching(query) {
  return postJson(`/v1/ingest/rejected/replay?${query}`);
}

/** @param {string} state @returns {Promise<{items: import('./object_trouble.js').IngestObject[], next: string | null}>} */
export function fetchObjects(state) {
  return getJson(`/v1/ingest/objects?state=${state}&limit=50`);
}

/** @param {string} bucket @param {string} key */
export function retryObject(bucket, key) {
  return postJson(`/v1/ingest/objects/retry?${new URLSearchParams({ bucket, key })}`);
}

/** @param {string} vehicle @param {string} version @param {AbortSignal} signal @returns {Promise<{vehicle: string, items: import('./event_trace.js').Traced[]}>} */
export function fetchTrace(vehicle, version, signal) {
  return getJson(`/v1/ingest/trace?${new URLSearchParams({ vehicle, version })}`, signal);
}
