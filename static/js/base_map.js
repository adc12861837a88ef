// What lies beneath the vehicles: outlines always; above them the operator's raster tiles, or own vector tiles where there are no
// raster tiles or they cannot be reached. Tells by a `fallback` event what stands in for the raster tiles: 'streets', 'outlines' or ''.
import { loadOutlines, OutlineLayer } from './outline_layer.js';
import { RasterLayer } from './raster_layer.js';

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
    /** @type {RasterLayer | null} */
    this.raster = null;
    /** @type {import('leaflet').Layer | null} */
    this.vector = null;
    this.showsDetail = true;
    /** Counts changes, so that a late import of the vector library does not bring back what is no longer wanted. */
    this.changes = 0;
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
    this.raster?.remove();
    this.raster = null;
    if (wanted && this.config?.raster_tile_url) {
      this.raster = new RasterLayer(this.config.raster_tile_url, sanitised(this.config.raster_attribution));
      this.raster.addEventListener('reachable', () => void this.showVector());
      this.raster.addTo(this.map);
    }
    await this.showVector();
  }

  /** Shows the own vector tiles, or takes them away, as it is wanted now. */
  async showVector() {
    const change = ++this.changes;
    const { config, raster } = this;
    const isWanted = this.showsDetail && Boolean(config?.vector_tiles) && !raster?.isReachable;
    const layer = isWanted ? await makeOwnLayer(/** @type {PageConfig} */ (config)).catch(() => null) : null;
    if (change !== this.changes) return;
    this.vector?.remove();
    this.vector = layer;
    // Beneath the raster tiles, which cover it as they return.
    layer?.addTo(this.map).bringToBack();
    const standIn = layer ? 'streets' : 'outlines';
    this.dispatchEvent(new CustomEvent('fallback', { detail: raster && !raster.isReachable ? standIn : '' }));
  }

  /** To be called before the map is removed: what is still being loaded stays away. */
  leave() {
    this.changes++;
  }

  /** To be called when the theme has changed. */
  readTheme() {
    this.outlines?.readTheme();
    if (this.vector) void this.showVector();
  }
}

/** @param {PageConfig} config @returns {Promise<import('leaflet').GridLayer>} */
async function makeOwnLayer(config) {
  const { makeVectorLayer } = await import('./vector_tiles.js');
  const attribution = config.vector_attribution.includes('OpenStreetMap') ? OPEN_STREET_MAP : sanitised(config.vector_attribution);
  return makeVectorLayer(config.vector_bounds, attribution, isDark() ? 'dark' : 'light');
}

function isDark() {
  return getComputedStyle(document.documentElement).colorScheme === 'dark';
}

/** Leaflet puts an attribution into the page as HTML: only its text is taken. @param {string | null} html */
function sanitised(html) {
  const text = new DOMParser().parseFromString(html ?? '', 'text/html').body.textContent ?? '';
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
