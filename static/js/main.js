// Puts the parts together. Positions live in the fleet worker; this side holds what people read and press.
import { fetchPageConfig } from './api.js';
import { BaseMap } from './base_map.js';
import { ConnectionState } from './connection_state.js';
import { describeServer, setUpDialogs, showHelp } from './dialogs.js';
import { byId } from './dom.js';
import { FleetLink } from './fleet_link.js';
import { IngestStatus } from './ingest_status.js';
import { listenForShortcuts } from './keyboard.js';
import { ListView } from './list_view.js';
import { MapNotice } from './map_notice.js';
import { MapPointer } from './map_pointer.js';
import { MapView } from './map_view.js';
import { Selection } from './selection.js';
import { Settings } from './settings.js';
import { SpoolBanner } from './spool_banner.js';
import { StatusChips } from './status_chips.js';
import { readStatusColors } from './theme_colors.js';
import { TrailLayer } from './trail_layer.js';
import { parseUrlState, pushUrlState, writeUrlStateSoon } from './url_state.js';
import { VehicleHistory } from './vehicle_history.js';
import { VehicleLayer } from './vehicle_layer.js';
import { VehiclePanel } from './vehicle_panel.js';
import { VehicleSearch } from './vehicle_search.js';
import { VehicleShadow } from './vehicle_shadow.js';
import { Views } from './views.js';

const SUBSCRIBE_PAUSE_MS = 250;
const CONFIG_RETRY_MS = 5000;
/** @type {Record<string, string>} */
const FALLBACK_NOTICES = {
  '': '',
  streets: 'The background map cannot be reached. Imported streets are shown.',
  outlines: 'The background map cannot be reached. Outlines are shown.',
};

const settings = new Settings();
const vehicleCanvas = document.createElement('canvas');
const link = new FleetLink(FLEET_WORKER_URL, {
  streamUrl: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/v1/stream`,
  canvas: vehicleCanvas.transferControlToOffscreen(),
  colors: readStatusColors(),
});
const selection = new Selection(link);
const mapView = new MapView(byId('map'));
const baseMap = new BaseMap(mapView.map);
const trail = new TrailLayer();
const vehicles = new VehicleLayer(link, vehicleCanvas);
const chips = new StatusChips(byId('chips'));
const searchField = /** @type {HTMLInputElement} */ (byId('search'));
const search = new VehicleSearch(searchField);
const listView = new ListView({ link, settings, mapView, chips, search });
const panel = new VehiclePanel({ selection, settings, link });
new VehicleHistory({ selection, settings, link, trail });
new VehicleShadow({ selection, link });
const connection = new ConnectionState(link);
const notice = new MapNotice(link);
const ingestStatus = new IngestStatus(link);
const banner = new SpoolBanner(ingestStatus);
const views = new Views({ ingestStatus, settings });

/** Until a view was chosen (by the address, the fleet's extent or a person) the first positions choose it. */
let isViewChosen = false;
let subscribeTimer = 0;
let tickedAtMs = 0;

function readUrlState() {
  const centre = mapView.map.getCenter().wrap();
  const view = isViewChosen ? { zoom: mapView.map.getZoom(), latitude: centre.lat, longitude: centre.lng } : null;
  return { view, vehicle: selection.name, statuses: chips.names, shown: views.urlState };
}

function subscribeSoon() {
  clearTimeout(subscribeTimer);
  subscribeTimer = window.setTimeout(() => link.post('subscribe', { bbox: mapView.subscriptionBbox() }), SUBSCRIBE_PAUSE_MS);
}

function followSelected() {
  if (selection.fix && selection.isPresent) mapView.panTo(selection.fix.latitude, selection.fix.longitude);
}

async function fitToKnown() {
  const extent = await link.ask('extent');
  if (!extent) return;
  isViewChosen = true;
  mapView.fit(extent);
}

async function showFleet() {
  const config = await fetchPageConfig().catch(() => null);
  const bbox = config?.initial_bbox;
  if (bbox) mapView.fit(bbox);
  else await fitToKnown();
}

/** Brings a chosen vehicle onto the map, wherever it is. @param {string} name */
async function choose(name) {
  selection.select(name);
  mapView.fitContainer();
  const fix = await link.ask('fixOf', { name });
  if (fix) return mapView.goTo(fix.latitude, fix.longitude, false);
  const found = search.found.find((item) => item.name === name);
  if (found && found.latitude !== null && found.longitude !== null) mapView.goTo(found.latitude, found.longitude, true);
}

function centreOnSelected() {
  const fix = panel.newestFix();
  if (fix) mapView.goTo(fix.latitude, fix.longitude, true);
}

function showTitle() {
  const shown = views.title ?? selection.name;
  document.title = shown === null ? 'crumbtrail' : `${shown} · crumbtrail`;
}

function onSelectionChange() {
  void listView.list.setSelected(selection.name);
  showTitle();
  if (selection.following) {
    if (selection.isPresent) followSelected();
    else centreOnSelected();
  }
  writeUrlStateSoon(readUrlState);
}

/** @param {number} step */
async function chooseNeighbour(step) {
  const name = await listView.list.step(step);
  if (name !== null) await choose(name);
}

function escape() {
  if (!views.isMap) return views.turnTo('map');
  if (document.activeElement === searchField && searchField.value) return search.clear();
  if (document.activeElement === searchField) return byId('vehicle-list').focus();
  selection.select(null);
}

function onSettingsChange(/** @type {string} */ key) {
  if (key === 'theme') {
    link.post('colors', { colors: readStatusColors() });
    for (const themed of [trail, baseMap]) themed.readTheme();
  }
  if (key === 'units') mapView.showScale(settings.values.units);
  if (key === 'detail') void baseMap.showDetail(settings.values.detail === 'on');
  listView.render();
  panel.tick();
}

async function readConfig() {
  try {
    const config = await fetchPageConfig();
    listView.fleetIsEmpty = config.initial_bbox === null;
    if (config.initial_bbox && !isViewChosen) {
      isViewChosen = true;
      mapView.fit(config.initial_bbox);
    }
    baseMap.showsDetail = settings.values.detail === 'on';
    await baseMap.setConfig(config);
    describeServer(baseMap.hasDetail, config.silent_after_s);
  } catch {
    setTimeout(() => void readConfig(), CONFIG_RETRY_MS);
  }
}

function listen() {
  link.addEventListener('summary', (event) => {
    tick();
    if (!isViewChosen && /** @type {CustomEvent} */ (event).detail.present > 0) void fitToKnown();
  });
  selection.addEventListener('fix', () => selection.following && followSelected());
  selection.addEventListener('change', onSelectionChange);
  settings.addEventListener('change', (event) => onSettingsChange(/** @type {CustomEvent} */ (event).detail));
  chips.addEventListener('change', () => writeUrlStateSoon(readUrlState));
  mapView.addEventListener('move', () => {
    subscribeSoon();
    listView.refresh();
    writeUrlStateSoon(readUrlState);
  });
  mapView.addEventListener('usermove', () => {
    isViewChosen = true;
    selection.follow(false);
  });
  mapView.addEventListener('fleet', () => void showFleet());
  baseMap.addEventListener('fallback', (event) => notice.setBackground(FALLBACK_NOTICES[/** @type {CustomEvent} */ (event).detail]));
  listView.list.addEventListener('choose', (event) => void choose(/** @type {CustomEvent} */ (event).detail));
  views.addEventListener('turn', () => pushUrlState(readUrlState()));
  views.addEventListener('change', () => writeUrlStateSoon(readUrlState));
  views.addEventListener('title', showTitle);
  addEventListener('popstate', () => void views.apply(parseUrlState(location.hash).shown));
  byId('skip-link').addEventListener('click', (event) => {
    event.preventDefault();
    if (!views.isMap) return byId(views.name).focus();
    // On a narrow screen the panel has taken the place of the list.
    if (searchField.offsetParent) searchField.focus();
    else byId('panel').focus();
  });
  byId('panel-centre').addEventListener('click', centreOnSelected);
  searchField.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown' || event.key === 'Enter') {
      event.preventDefault();
      listView.list.activeName = null;
      if (event.key === 'Enter') void chooseNeighbour(1);
      else void listView.list.step(1);
      if (event.key === 'ArrowDown') byId('vehicle-list').focus();
    }
  });
  const onMap = (/** @type {() => void} */ action) => () => views.isMap && action();
  listenForShortcuts({
    '/': onMap(() => searchField.select()),
    j: onMap(() => void chooseNeighbour(1)),
    k: onMap(() => void chooseNeighbour(-1)),
    f: onMap(() => selection.follow(!selection.following)),
    a: onMap(() => void showFleet()),
    s: () => views.toggle('speeding'),
    i: () => views.toggle('ingest'),
    '?': showHelp,
    escape,
  });
  setInterval(() => (link.state !== 'live' || Date.now() - tickedAtMs > listView.pauseMs) && tick(), 1000);
}

/** Once a second, together with the list where the stream sets the pace, so that the page is laid out once. */
function tick() {
  tickedAtMs = Date.now();
  connection.show();
  notice.show();
  banner.show();
  listView.tick();
  panel.tick();
}

async function start() {
  const state = parseUrlState(location.hash);
  mapView.showScale(settings.values.units);
  new MapPointer(mapView, vehicles, selection, settings);
  setUpDialogs(settings);
  listen();
  if (state.view) {
    isViewChosen = true;
    mapView.map.setView([state.view.latitude, state.view.longitude], state.view.zoom, { animate: false });
  }
  trail.addTo(mapView.map);
  vehicles.addTo(mapView.map);
  if (state.statuses) chips.press(state.statuses);
  if (state.shown.name !== 'map') void views.apply(state.shown);
  const configRead = readConfig();
  void baseMap.loadOutlines().catch(() => notice.setBackground('The outlines of the map could not be loaded.'));
  await configRead;
  listView.refresh();
  link.post('subscribe', { bbox: mapView.subscriptionBbox() });
  if (!state.vehicle) return;
  selection.select(state.vehicle);
  mapView.fitContainer();
  if (isViewChosen && !state.view) void showFleet();
}

void start();
