// The address bar holds the view and the selected vehicle: #map=13/45.5202/-122.6742&vehicle=NAME&status=moving,idling
// and what the ingest view shows: #view=ingest&rejected=source%3Ds3&trace=NAME/VERSION&map=...

/** @typedef {{zoom: number, latitude: number, longitude: number}} View */
/** `rejected`: the filter of the list, as a query. `trace`: NAME/VERSION.
 * @typedef {{isOpen: boolean, rejected: string | null, trace: string | null}} IngestState */
/** @typedef {{view: View | null, vehicle: string | null, statuses: string[] | null, ingest: IngestState}} UrlState */

/** @param {string} hash @returns {UrlState} */
export function parseUrlState(hash) {
  const fields = new URLSearchParams(hash.replace(/^#/, ''));
  const [zoom, latitude, longitude] = (fields.get('map') ?? '').split('/').map(Number);
  const isView = fields.has('map') && [zoom, latitude, longitude].every(Number.isFinite) && Math.abs(latitude) <= 90;
  return {
    view: isView ? { zoom, latitude, longitude } : null,
    vehicle: fields.get('vehicle'),
    statuses: fields.get('status')?.split(',') ?? null,
    ingest: { isOpen: fields.get('view') === 'ingest', rejected: fields.get('rejected'), trace: fields.get('trace') },
  };
}

/** @param {UrlState} state */
export function formatUrlState({ view, vehicle, statuses, ingest }) {
  const parts = [];
  if (ingest.isOpen) parts.push('view=ingest');
  if (ingest.isOpen && ingest.rejected !== null) parts.push(`rejected=${encodeURIComponent(ingest.rejected)}`);
  if (ingest.isOpen && ingest.trace) parts.push(`trace=${encodeURIComponent(ingest.trace)}`);
  if (view) parts.push(`map=${view.zoom}/${view.latitude.toFixed(5)}/${view.longitude.toFixed(5)}`);
  if (vehicle) parts.push(`vehicle=${encodeURIComponent(vehicle)}`);
  if (statuses) parts.push(`status=${statuses.join(',')}`);
  return `#${parts.join('&')}`;
}

let timer = 0;

/** Writes at most a few times a second: browsers refuse more. @param {() => UrlState} readState */
export function writeUrlStateSoon(readState) {
  clearTimeout(timer);
  timer = window.setTimeout(() => history.replaceState(null, '', formatUrlState(readState())), 250);
}

/** A step that the browser's back button takes back. @param {UrlState} state */
export function pushUrlState(state) {
  clearTimeout(timer);
  history.pushState(null, '', formatUrlState(state));
}
