// The address bar holds the view and the selected vehicle: #map=13/45.5202/-122.6742&vehicle=NAME&status=moving,idling
// and what another view shows: #view=ingest&rejected=source%3Ds3&trace=NAME/VERSION&map=...

/** @typedef {{zoom: number, latitude: number, longitude: number}} View of the map */
/** @typedef {'map' | 'speeding' | 'ingest'} ViewName */
/** What a view shows, as fields of the address. @typedef {Record<string, string>} ViewFields */
/** @typedef {{name: ViewName, fields: ViewFields}} ShownView */
/** @typedef {{view: View | null, vehicle: string | null, statuses: string[] | null, shown: ShownView}} UrlState */

/** The fields of each view. `rejected`, `report`: filters, as a query. `trace`: NAME/VERSION. @type {Record<ViewName, string[]>} */
const VIEW_FIELDS = { map: [], speeding: ['report', 'row', 'episode'], ingest: ['rejected', 'trace'] };

/** @param {string} hash @returns {UrlState} */
export function parseUrlState(hash) {
  const fields = new URLSearchParams(hash.replace(/^#/, ''));
  const [zoom, latitude, longitude] = (fields.get('map') ?? '').split('/').map(Number);
  const isView = fields.has('map') && [zoom, latitude, longitude].every(Number.isFinite) && Math.abs(latitude) <= 90;
  return {
    view: isView ? { zoom, latitude, longitude } : null,
    vehicle: fields.get('vehicle'),
    statuses: fields.get('status')?.split(',') ?? null,
    shown: parseShownView(fields),
  };
}

/** @param {URLSearchParams} fields @returns {ShownView} */
function parseShownView(fields) {
  const asked = fields.get('view') ?? 'map';
  const name = /** @type {ViewName} */ (Object.hasOwn(VIEW_FIELDS, asked) ? asked : 'map');
  return { name, fields: Object.fromEntries(VIEW_FIELDS[name].filter((field) => fields.has(field)).map((field) => [field, fields.get(field) ?? ''])) };
}

/** @param {UrlState} state */
export function formatUrlState({ view, vehicle, statuses, shown }) {
  const parts = shown.name === 'map' ? [] : [`view=${shown.name}`];
  for (const field of VIEW_FIELDS[shown.name]) {
    if (shown.fields[field] !== undefined) parts.push(`${field}=${encodeURIComponent(shown.fields[field])}`);
  }
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
