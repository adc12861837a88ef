// Our own vector tiles, drawn by protomaps-leaflet in the page's light or dark colours. Loaded only when the server has roads.
import * as leaflet from 'leaflet';
import { namedFlavor } from '@protomaps/basemaps';
import { exp, labelRules, leafletLayer, LineSymbolizer, paintRules } from 'protomaps-leaflet';

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
    paintRules: [...paintRules(flavor), highwayRule()],
    labelRules: labelRules(flavor, 'en'),
    maxDataZoom: MAX_DATA_ZOOM,
    maxZoom: 20,
    attribution,
    noWrap: true,
    bounds: bounds ? leaflet.latLngBounds([bounds[1], bounds[0]], [bounds[3], bounds[2]]) : leaflet.latLngBounds([-85.06, -180], [85.06, 180]),
  });
}

/** The page's own colours, so that the map lies seamlessly on the outlines. */
function themeColors() {
  return {
    earth: cssColor('--map-land'),
    water: cssColor('--map-water'),
    major: cssColor('--map-road'),
    roads_label_minor: cssColor('--map-label'),
    roads_label_minor_halo: cssColor('--map-label-halo'),
    roads_label_major: cssColor('--map-label'),
    roads_label_major_halo: cssColor('--map-label-halo'),
  };
}

/** Motorways in a colour of their own, in the widths of the library's rules, which paint every road alike.
 * @returns {import('protomaps-leaflet').PaintRule} */
function highwayRule() {
  const width = exp(1.6, [[3, 0], [6, 1.1], [12, 1.6], [15, 5], [18, 15]]);
  return {
    dataLayer: 'roads',
    symbolizer: new LineSymbolizer({ color: cssColor('--map-highway'), width }),
    filter: (_zoom, feature) => feature.props.kind === 'highway',
  };
}

/** @param {string} name */
function cssColor(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
