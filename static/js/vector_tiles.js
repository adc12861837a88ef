// Our own vector tiles, drawn by protomaps-leaflet in the page's light or dark colours. Loaded only when the server has roads.
import * as leaflet from 'leaflet';
import { namedFlavor } from '@protomaps/basemaps';
import { labelRules, leafletLayer, paintRules } from 'protomaps-leaflet';

const MAX_DATA_ZOOM = 15;

/** @param {[number, number, number, number] | null} bounds west, south, east, north
 * @param {string} attribution @param {'light' | 'dark'} flavorName @returns {import('leaflet').GridLayer} */
export function makeVectorLayer(bounds, attribution, flavorName) {
  // protomaps-leaflet looks for the library under its classic global name.
  /** @type {any} */ (globalThis).L = leaflet;
  const flavor = { ...namedFlavor(flavorName), ...themeColors() };
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

/** The page's own colours for what most of the map consists of, so that it lies seamlessly on the outlines. */
function themeColors() {
  const style = getComputedStyle(document.documentElement);
  const color = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  const paint = (/** @type {string[]} */ parts, /** @type {string} */ value) => Object.fromEntries(parts.map((part) => [part, value]));
  return {
    ...paint(['earth'], color('--map-land')),
    ...paint(['water'], color('--map-water')),
    ...paint(['minor_a', 'minor_b', 'minor_service', 'other', 'link', 'major'], color('--map-road')),
    ...paint(['highway'], color('--map-highway')),
    ...paint(['minor_casing', 'minor_service_casing', 'link_casing', 'major_casing_early', 'major_casing_late'], color('--map-road-edge')),
    ...paint(['highway_casing_early', 'highway_casing_late'], color('--map-highway-edge')),
    ...paint(['roads_label_minor', 'roads_label_major', 'subplace_label', 'city_label'], color('--map-label')),
    ...paint(['roads_label_minor_halo', 'roads_label_major_halo', 'subplace_label_halo', 'city_label_halo'], color('--map-label-halo')),
  };
}
