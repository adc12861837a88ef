// The operator's raster tiles, and whether they can be reached. Tells by a `reachable` event when that changes, and while they
// cannot be reached asks for one tile now and then, so that they return by themselves.
import { tileLayer } from 'leaflet';

const FAILURES_ALLOWED = 3;
/** A network that swallows packets fails no tile for minutes. */
const PATIENCE_MS = 8000;
const PROBE_MS = 10000;

export class RasterLayer extends EventTarget {
  /** @param {string} urlTemplate @param {string} attribution HTML */
  constructor(urlTemplate, attribution) {
    super();
    this.isReachable = true;
    this.failures = 0;
    this.patienceTimer = 0;
    this.probeTimer = 0;
    this.tiles = tileLayer(urlTemplate, { attribution, className: 'raster-tile', maxZoom: 20 });
    this.tiles.on('tileerror', () => ++this.failures >= FAILURES_ALLOWED && this.setReachable(false));
    this.tiles.on('tileload', () => this.onTileLoad());
    this.tiles.on('loading', () => this.waitPatiently());
    this.tiles.on('load', () => this.onViewLoad());
  }

  /** @param {import('leaflet').Map} map */
  addTo(map) {
    this.tiles.addTo(map);
  }

  remove() {
    clearTimeout(this.patienceTimer);
    clearInterval(this.probeTimer);
    this.tiles.remove();
  }

  onTileLoad() {
    this.failures = 0;
    clearTimeout(this.patienceTimer);
  }

  waitPatiently() {
    clearTimeout(this.patienceTimer);
    this.patienceTimer = window.setTimeout(() => this.setReachable(false), PATIENCE_MS);
  }

  /** Every tile in view has come or failed. */
  onViewLoad() {
    clearTimeout(this.patienceTimer);
    if (this.failures === 0) this.setReachable(true);
  }

  /** @param {boolean} isReachable */
  setReachable(isReachable) {
    if (this.isReachable === isReachable) return;
    this.isReachable = isReachable;
    clearInterval(this.probeTimer);
    if (!isReachable) this.probeTimer = window.setInterval(() => this.probe(), PROBE_MS);
    this.dispatchEvent(new CustomEvent('reachable', { detail: isReachable }));
  }

  /** Asks for the tile in the middle of the view; when it comes, for all of them. */
  probe() {
    const { tiles } = this;
    const map = /** @type {any} */ (tiles)._map;
    if (!map || document.hidden) return;
    const zoom = map.getZoom();
    const at = map.project(map.getCenter().wrap(), zoom).divideBy(256).floor();
    const image = new Image();
    image.onload = () => this.tiles.redraw();
    image.src = tiles.getTileUrl(/** @type {any} */ (Object.assign(at, { z: zoom })));
  }
}
