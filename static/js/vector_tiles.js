// Our own vector tiles, drawn by protomaps-leaflet in the page's light or dark colours. Loaded only when the server has roads.
import * as leaflet from 'leaflet';
import { namedFlavor } from '@protomaps/basemaps';
import { labelRules, leafletLayer, paintRules } from 'protomaps-leaflet';

const MAX_DATA_ZOOM = 15;

/** @param {[number, number, number, number] | null} bounds west, south, east, north
 * @param {string} attribution @param {'light' | 'dark'} flavorName @returns {import('leaflet').Layer} */
export function makeVectorLayer(bounds, attribution, flavorName) {
  // protomaps-leaflet looks for the library under its classic global name.
  /** @type {any} */ (globalThis).L = leaflet;
  const flavor = namedFlavor(flavorName);
  // Without a background of its own a tile leaves the outlines visible where it has nothing to draw.
  return /** @type {any} */ (leafletLayer)({
    url: '/tiles/{z}/{x}/{y}.mvt',
    paintRules: paintRules(flavor),
    labelRules: labelRules(flavor, 'en'),
    maxDataZoom: MAX_DATA_ZOOM,
    maxZoom: 20,
    attribution,
    noWrap: true,
    bounds: bounds ? leaflet.latLngBounds([bounds[1], bounds[0]], [bounds[3], bounds[2]]) : leaflet.latLngBounds([-85.06, -180], [85.06, 180]),
  });
}
