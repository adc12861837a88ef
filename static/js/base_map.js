// What lies beneath the vehicles: outlines always; above them own vector tiles or the operator's raster tiles, when there are any.
import { tileLayer } from 'leaflet';
import { loadOutlines, OutlineLayer } from './outline_layer.js';

const NATURAL_EARTH = 'Outlines: <a href="https://www.naturalearthdata.com/">Natural Earth</a>';
const OPEN_STREET_MAP = '<a href="https://www.openstreetmap.org/copyright">© OpenStreetMap contributors</a>';

/** What GET /v1/page answers.
 * @typedef {object} PageConfig
 * @property {string | null} raster_tile_url
 * @property {string | null} raster_attribution
 * @property {boolean} vector_tiles
 * @property {[number, number, number, number] | null} vector_bounds
 * @property {string} vector_attribution
 * @property {number} silent_after_s
 * @property {[number, number, number, number] | null} initial_bbox
 */

export class BaseMap extends EventTarget {
  /** @param {import('leaflet').Map} map */
  constructor(map) {
    super();
    this.map = map;
    /** @type {OutlineLayer | null} */
    this.outlines = null;
    /** @type {PageConfig | null} */
    this.config = null;
    /** @type {import('leaflet').Layer | null} */
    this.detail = null;
    this.failedTiles = 0;
    this.showsDetail = true;
  }

  async loadOutlines() {
    this.outlines = new OutlineLayer(await loadOutlines(OUTLINES_URL));
    this.outlines.options.pane = 'outlines';
    this.outlines.addTo(this.map);
    this.map.attributionControl.addAttribution(NATURAL_EARTH);
  }

  /** @param {PageConfig} config */
  async setConfig(config) {
    this.config = config;
    await this.showDetail(this.showsDetail);
  }

  get hasDetail() {
    return Boolean(this.config?.raster_tile_url || this.config?.vector_tiles);
  }

  /** @param {boolean} wanted */
  async showDetail(wanted) {
    this.showsDetail = wanted;
    this.detail?.remove();
    this.detail = null;
    if (!wanted || !this.config) return;
    this.detail = this.config.raster_tile_url ? this.rasterLayer(this.config) : await this.vectorLayer(this.config);
    this.detail?.addTo(this.map);
  }

  /** @param {PageConfig} config */
  rasterLayer(config) {
    const attribution = sanitised(config.raster_attribution);
    const layer = tileLayer(/** @type {string} */ (config.raster_tile_url), { attribution, className: 'raster-tile', maxZoom: 20 });
    layer.on('tileerror', () => this.countTile(false));
    layer.on('tileload', () => this.countTile(true));
    return layer;
  }

  /** Says once that the tiles cannot be reached, and once that they are back.
   * @param {boolean} loaded */
  countTile(loaded) {
    const before = this.failedTiles >= 3;
    this.failedTiles = loaded ? 0 : this.failedTiles + 1;
    const now = this.failedTiles >= 3;
    if (before !== now) this.dispatchEvent(new CustomEvent('reachable', { detail: !now }));
  }

  /** @param {PageConfig} config */
  async vectorLayer(config) {
    if (!config.vector_tiles) return null;
    const { makeVectorLayer } = await import('./vector_tiles.js');
    const attribution = config.vector_attribution.includes('OpenStreetMap') ? OPEN_STREET_MAP : sanitised(config.vector_attribution);
    return makeVectorLayer(config.vector_bounds, attribution, isDark() ? 'dark' : 'light');
  }

  /** To be called when the theme has changed. */
  readTheme() {
    this.outlines?.readTheme();
    if (this.config?.vector_tiles && !this.config.raster_tile_url) void this.showDetail(this.showsDetail);
  }
}

export function isDark() {
  return getComputedStyle(document.documentElement).colorScheme === 'dark';
}

/** Leaflet puts an attribution into the page as HTML: only its text is taken. @param {string | null} html */
function sanitised(html) {
  const text = new DOMParser().parseFromString(html ?? '', 'text/html').body.textContent ?? '';
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
