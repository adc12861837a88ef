// The way of one episode on a small map, coloured by the excess over the limit, above the outlines of the land.
import { circleMarker, latLngBounds, map as createMap, polyline } from 'leaflet';
import { BaseMap } from './base_map.js';
import { fetchPageConfig } from './api.js';
import { make } from './dom.js';

const BAND_COLORS = ['--trail', '--warn', '--bad'];
const CLOSE_ZOOM = 17;

export class EpisodeMap {
  /** @param {HTMLElement} container */
  constructor(container) {
    this.container = container;
    /** @type {import('leaflet').Map | null} */
    this.map = null;
    /** @type {BaseMap | null} */
    this.base = null;
  }

  clear() {
    this.base?.leave();
    this.base = null;
    this.map?.remove();
    this.map = null;
    this.container.replaceChildren();
  }

  /** @param {import('./speeding_api.js').WholeEpisode} episode @param {'on' | 'off'} detail */
  show(episode, detail) {
    this.clear();
    const points = episode.breadcrumbs;
    if (points.length === 0) return;
    const holder = make('div', 'episode-map-holder');
    this.container.append(holder);
    const map = createMap(holder, { zoomAnimation: false, fadeAnimation: false, keyboard: false, scrollWheelZoom: false, maxZoom: 19 });
    map.createPane('outlines');
    map.attributionControl.setPrefix('<a href="https://leafletjs.com">Leaflet</a>');
    map.fitBounds(latLngBounds(points.map((point) => [point.lat, point.lon])), { padding: [24, 24], maxZoom: CLOSE_ZOOM, animate: false });
    this.map = map;
    this.drawWay(map, points);
    this.base = new BaseMap(map);
    void showBase(this.base, detail);
  }

  /** @param {import('leaflet').Map} map @param {import('./speeding_api.js').EpisodePoint[]} points */
  drawWay(map, points) {
    const style = getComputedStyle(document.documentElement);
    const color = (/** @type {number | null} */ excess) => style.getPropertyValue(BAND_COLORS[excessStep(excess)]).trim();
    for (let index = 1; index < points.length; index++) {
      const [from, to] = [points[index - 1], points[index]];
      polyline([[from.lat, from.lon], [to.lat, to.lon]], { color: color(to.excess_kmh), weight: 6, interactive: false }).addTo(map);
    }
    const [start] = points;
    const [line, fill] = ['--text', '--surface'].map((name) => style.getPropertyValue(name).trim());
    circleMarker([start.lat, start.lon], { radius: 6, color: line, fillColor: fill, fillOpacity: 1, interactive: false }).addTo(map);
  }
}

/** 0: within the limit, 1: above, 2: far above. @param {number | null} excessKmh */
function excessStep(excessKmh) {
  if (excessKmh === null || excessKmh <= 0) return 0;
  return excessKmh <= 20 ? 1 : 2;
}

/** @param {BaseMap} base @param {'on' | 'off'} detail */
async function showBase(base, detail) {
  base.showsDetail = detail === 'on';
  try {
    await base.loadOutlines();
    await base.setConfig(await fetchPageConfig());
  } catch {
    // The way is shown without what lies beneath it; or the map has gone again.
  }
}
