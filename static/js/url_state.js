// The address bar holds the view and the selected vehicle: #map=13/45.5202/-122.6742&vehicle=NAME&status=moving,idling

/** @typedef {{zoom: number, latitude: number, longitude: number}} View */
/** @typedef {{view: View | null, vehicle: string | null, statuses: string[] | null}} UrlState */

/** @param {string} hash @returns {UrlState} */
export function parseUrlState(hash) {
  const fields = new URLSearchParams(hash.replace(/^#/, ''));
  const [zoom, latitude, longitude] = (fields.get('map') ?? '').split('/').map(Number);
  const isView = fields.has('map') && [zoom, latitude, longitude].every(Number.isFinite) && Math.abs(latitude) <= 90;
  return {
    view: isView ? { zoom, latitude, longitude } : null,
    vehicle: fields.get('vehicle'),
    statuses: fields.get('status')?.split(',') ?? null,
  };
}

/** @param {UrlState} state */
export function formatUrlState(state) {
  const parts = [];
  if (state.view) parts.push(`map=${state.view.zoom}/${state.view.latitude.toFixed(5)}/${state.view.longitude.toFixed(5)}`);
  if (state.vehicle) parts.push(`vehicle=${encodeURIComponent(state.vehicle)}`);
  if (state.statuses) parts.push(`status=${state.statuses.join(',')}`);
  return `#${parts.join('&')}`;
}

let timer = 0;

/** Writes at most a few times a second: browsers refuse more. @param {() => UrlState} readState */
export function writeUrlStateSoon(readState) {
  clearTimeout(timer);
  timer = window.setTimeout(() => history.replaceState(null, '', formatUrlState(readState())), 250);
}
