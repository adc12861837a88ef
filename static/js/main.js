// Puts the parts together. Data flows one way: stream -> fleet_store -> layer, list, panel.
import { fetchPageConfig } from './api.js';
import { BaseMap } from './base_map.js';
import { ConnectionState } from './connection_state.js';
import { describeServer, setUpDialogs, showHelp } from './dialogs.js';
import { byId } from './dom.js';
import { FleetStore } from './fleet_store.js';
import { listenForShortcuts } from './keyboard.js';
import { ListView } from './list_view.js';
import { MapNotice } from './map_notice.js';
import { MapPointer } from './map_pointer.js';
import { MapView } from './map_view.js';
import { latitudeOf, longitudeOf } from './mercator.js';
import { Selection } from './selection.js';
import { Settings } from './settings.js';
import { StatusChips } from './status_chips.js';
import { Stream } from './stream.js';
import { TrailLayer } from './trail_layer.js';
import { parseUrlState, writeUrlStateSoon } from './url_state.js';
import { VehicleHistory } from './vehicle_history.js';
import { VehicleLayer } from './vehicle_layer.js';
import { VehiclePanel } from './vehicle_panel.js';
import { VehicleSearch } from './vehicle_search.js';

const SUBSCRIBE_PAUSE_MS = 250;

const settings = new Settings();
const store = new FleetStore();
const selection = new Selection(store);
const stream = new Stream(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/v1/stream`);
const mapView = new MapView(byId('map'));
const baseMap = new BaseMap(mapView.map);
const trail = new TrailLayer();
const vehicles = new VehicleLayer(store);
const chips = new StatusChips(byId('chips'));
const searchField = /** @type {HTMLInputElement} */ (byId('search'));
const search = new VehicleSearch(searchField, store);
const listView = new ListView({ store, settings, stream, mapView, chips, search });
const panel = new VehiclePanel({ selection, settings, stream });
const history = new VehicleHistory({ selection, settings, stream, trail });
const connection = new ConnectionState(stream);
const notice = new MapNotice(stream);

/** Until a view was chosen (by the address, the fleet's extent or a person) the first positions choose it. */
let isViewChosen = false;
let subscribeTimer = 0;

function readUrlState() {
  const centre = mapView.map.getCenter().wrap();
  const view = isViewChosen ? { zoom: mapView.map.getZoom(), latitude: centre.lat, longitude: centre.lng } : null;
  return { view, vehicle: selection.name, statuses: chips.names };
}

function subscribeSoon() {
  clearTimeout(subscribeTimer);
  subscribeTimer = window.setTimeout(() => stream.subscribe(mapView.subscriptionBbox()), SUBSCRIBE_PAUSE_MS);
}

/** @param {CustomEvent<import('./position_frame.js').PositionFrame>} event */
function onFrame({ detail: frame }) {
  store.apply(frame);
  if (frame.part !== frame.parts) return;
  listView.hasSnapshot = true;
  vehicles.selectedSlot = selection.slot;
  vehicles.requestPaint();
  history.extend();
  if (selection.following) followSelected();
  if (!isViewChosen && store.presentCount > 0) fitToKnown();
  listView.refreshIfDue();
}

function followSelected() {
  if (!selection.isPresent) return;
  const fix = store.fixOf(selection.slot);
  mapView.panTo(fix.latitude, fix.longitude);
}

function fitToKnown() {
  let [west, north, east, south] = [1, 1, 0, 0];
  for (let slot = 0; slot < store.count; slot++) {
    if (!store.status[slot]) continue;
    west = Math.min(west, store.x[slot]);
    east = Math.max(east, store.x[slot]);
    north = Math.min(north, store.y[slot]);
    south = Math.max(south, store.y[slot]);
  }
  isViewChosen = true;
  mapView.fit([longitudeOf(west), latitudeOf(south), longitudeOf(east), latitudeOf(north)]);
}

async function showFleet() {
  const config = await fetchPageConfig().catch(() => null);
  const bbox = config?.initial_bbox;
  if (bbox) mapView.fit(bbox);
  else if (store.presentCount) fitToKnown();
}

/** Brings a chosen vehicle onto the map, wherever it is. @param {string} name */
function choose(name) {
  selection.select(name);
  mapView.fitContainer();
  if (selection.isPresent) {
    const fix = store.fixOf(selection.slot);
    return mapView.goTo(fix.latitude, fix.longitude, false);
  }
  const found = search.found.find((item) => item.name === name);
  if (found && found.latitude !== null && found.longitude !== null) mapView.goTo(found.latitude, found.longitude, true);
}

function centreOnSelected() {
  const fix = panel.newestFix();
  if (fix) mapView.goTo(fix.latitude, fix.longitude, true);
}

function onSelectionChange() {
  listView.list.setSelected(selection.name);
  vehicles.setSelected(selection.slot);
  document.title = selection.name === null ? 'crumbtrail' : `${selection.name} · crumbtrail`;
  if (selection.following) {
    if (selection.isPresent) followSelected();
    else centreOnSelected();
  }
  writeUrlStateSoon(readUrlState);
}

/** @param {number} step */
function chooseNeighbour(step) {
  const name = listView.list.step(step);
  if (name !== null) choose(name);
}

function escape() {
  if (document.activeElement === searchField && searchField.value) return search.clear();
  if (document.activeElement === searchField) return byId('vehicle-list').focus();
  selection.select(null);
}

function onSettingsChange(/** @type {string} */ key) {
  if (key === 'theme') for (const themed of [vehicles, trail, baseMap]) themed.readTheme();
  if (key === 'units') mapView.showScale(settings.values.units);
  if (key === 'detail') void baseMap.showDetail(settings.values.detail === 'on');
  listView.refresh();
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
    stream.addEventListener('subscribed', () => void readConfig(), { once: true });
  }
}

function listen() {
  stream.addEventListener('names', (event) => store.addNames(/** @type {CustomEvent} */ (event).detail));
  stream.addEventListener('frame', (event) => onFrame(/** @type {CustomEvent} */ (event)));
  selection.addEventListener('change', onSelectionChange);
  settings.addEventListener('change', (event) => onSettingsChange(/** @type {CustomEvent} */ (event).detail));
  chips.addEventListener('change', () => {
    vehicles.setStatusMask(chips.mask);
    writeUrlStateSoon(readUrlState);
  });
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
  baseMap.addEventListener('reachable', (event) => {
    notice.setBackground(/** @type {CustomEvent} */ (event).detail ? '' : 'The background map cannot be reached. Outlines are shown.');
  });
  listView.list.addEventListener('choose', (event) => choose(/** @type {CustomEvent} */ (event).detail));
  byId('panel-centre').addEventListener('click', centreOnSelected);
  searchField.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown' || event.key === 'Enter') {
      event.preventDefault();
      listView.list.activeName = null;
      if (event.key === 'Enter') chooseNeighbour(1);
      else listView.list.step(1);
      if (event.key === 'ArrowDown') byId('vehicle-list').focus();
    }
  });
  listenForShortcuts({
    '/': () => searchField.select(),
    j: () => chooseNeighbour(1),
    k: () => chooseNeighbour(-1),
    f: () => selection.follow(!selection.following),
    a: () => void showFleet(),
    '?': showHelp,
    escape,
  });
  setInterval(() => {
    connection.show();
    notice.show();
    listView.refreshIfDue();
    panel.tick();
  }, 1000);
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
  const configRead = readConfig();
  void baseMap.loadOutlines().catch(() => notice.setBackground('The outlines of the map could not be loaded.'));
  await configRead;
  stream.subscribe(mapView.subscriptionBbox());
  stream.start();
  if (state.vehicle) selection.select(state.vehicle);
}

void start();
