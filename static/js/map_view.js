// The Leaflet map itself: its panes, its controls, and the few things the page asks of it.
import { Control, control, latLngBounds, map as createMap } from 'leaflet';
import { make, makeIcon } from './dom.js';

const SUBSCRIBE_MARGIN = 0.2;
const CLOSE_ZOOM = 14;

/** @typedef {[number, number, number, number]} Bbox west, south, east, north */

export class MapView extends EventTarget {
  /** @param {HTMLElement} container */
  constructor(container) {
    super();
    this.calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.map = createMap(container, {
      center: [20, 0],
      zoom: 2,
      minZoom: 2,
      maxZoom: 19,
      zoomControl: false,
      worldCopyJump: true,
      zoomAnimation: !this.calm,
      fadeAnimation: !this.calm,
      inertia: !this.calm,
      maxBoundsViscosity: 1,
    });
    for (const pane of ['outlines', 'trail', 'vehicles']) this.map.createPane(pane);
    this.map.attributionControl.setPrefix('<a href="https://leafletjs.com">Leaflet</a>');
    control.zoom({ zoomInTitle: 'Zoom in', zoomOutTitle: 'Zoom out' }).addTo(this.map);
    /** @type {import('leaflet').Control.Scale | null} */
    this.scale = null;
    this.addFleetControl();
    this.map.on('dragstart', () => this.dispatchEvent(new CustomEvent('usermove')));
    this.map.on('moveend', () => this.dispatchEvent(new CustomEvent('move')));
    new ResizeObserver(() => this.fitContainer()).observe(container);
  }

  /** @param {'kmh' | 'mph'} units */
  showScale(units) {
    this.scale?.remove();
    this.scale = control.scale({ position: 'bottomleft', metric: units === 'kmh', imperial: units === 'mph' }).addTo(this.map);
  }

  addFleetControl() {
    const button = make('button');
    button.type = 'button';
    button.setAttribute('aria-label', 'Show the whole fleet');
    button.title = 'Show the whole fleet';
    button.append(makeIcon('sign-fleet'));
    button.addEventListener('click', (event) => {
      event.stopPropagation();
      this.dispatchEvent(new CustomEvent('fleet'));
    });
    button.addEventListener('dblclick', (event) => event.stopPropagation());
    const holder = make('div', 'leaflet-bar leaflet-control');
    holder.append(button);
    const fleetControl = new Control({ position: 'topleft' });
    fleetControl.onAdd = () => holder;
    fleetControl.addTo(this.map);
  }

  /** @param {Bbox} bbox */
  fit(bbox) {
    const bounds = latLngBounds([bbox[1], bbox[0]], [bbox[3], bbox[2]]);
    this.map.fitBounds(bounds, { padding: [40, 40], maxZoom: CLOSE_ZOOM, animate: !this.calm });
  }

  /** @param {number} latitude @param {number} longitude */
  panTo(latitude, longitude) {
    const target = this.nearestCopy(latitude, longitude);
    const point = this.map.latLngToContainerPoint(target);
    if (point.distanceTo(this.map.getSize().divideBy(2)) < 2) return;
    this.map.panTo(target, { animate: !this.calm });
  }

  /** Centres on a vehicle, and goes near enough to see the streets around it when that is asked for.
   * @param {number} latitude @param {number} longitude @param {boolean} closer */
  goTo(latitude, longitude, closer) {
    const zoom = closer ? Math.max(this.map.getZoom(), CLOSE_ZOOM) : this.map.getZoom();
    this.map.setView(this.nearestCopy(latitude, longitude), zoom, { animate: !this.calm });
  }

  /** Takes in a new size of its container at once, where the page has just been rearranged. */
  fitContainer() {
    this.map.invalidateSize({ pan: false });
  }

  /** @param {number} latitude @param {number} longitude @returns {[number, number]} */
  nearestCopy(latitude, longitude) {
    const turns = Math.round((this.map.getCenter().lng - longitude) / 360);
    return [latitude, longitude + turns * 360];
  }

  /** @param {number} latitude @param {number} longitude */
  shows(latitude, longitude) {
    return this.map.getBounds().contains(this.nearestCopy(latitude, longitude));
  }

  /** The view in the unit square of Web Mercator. @returns {import('./view_index.js').Bounds} */
  unitBounds() {
    const bounds = this.map.getPixelBounds();
    const worldSize = 256 * 2 ** this.map.getZoom();
    const { min, max } = /** @type {{min: import('leaflet').Point, max: import('leaflet').Point}} */ (bounds);
    return { west: min.x / worldSize, east: max.x / worldSize, north: min.y / worldSize, south: max.y / worldSize };
  }

  /** What to subscribe to: the view and a margin around it. @returns {Bbox} */
  subscriptionBbox() {
    const bounds = this.map.getBounds().pad(SUBSCRIBE_MARGIN);
    const south = Math.max(-90, bounds.getSouth());
    const north = Math.min(90, bounds.getNorth());
    const west = wrapLongitude(bounds.getWest());
    const east = west + (bounds.getEast() - bounds.getWest());
    // A view over the antimeridian asks for the whole belt: right everywhere, and rare.
    return east > 180 ? [-180, south, 180, north] : [west, south, east, north];
  }
}

/** @param {number} longitude */
function wrapLongitude(longitude) {
  return longitude - Math.floor((longitude + 180) / 360) * 360;
}
