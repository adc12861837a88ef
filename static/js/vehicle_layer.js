// All vehicles on one canvas. Draws when data or view changed, at most once a frame; never touches the DOM for a vehicle.
import { CanvasLayer } from './canvas_layer.js';
import { STATUS_MOVING } from './fleet_store.js';
import { drawStatusShape, LARGE_RADIUS, makeSprites, readStatusColors, SMALL_RADIUS } from './sprite_atlas.js';
import { SpriteBlitter } from './sprite_blitter.js';

const ALL_STATUSES = 0b11110;
/** More sprites than this are drawn small, fewer than the second figure large again. */
const CROWDED_ABOVE = 4000;
const SPARSE_BELOW = 3000;
const HIT_REACH_CSS_PX = 14;
const MAX_LABELS = 60;

export class VehicleLayer extends CanvasLayer {
  /** @param {import('./fleet_store.js').FleetStore} store */
  constructor(store) {
    super('vehicles');
    this.store = store;
    this.blitter = new SpriteBlitter();
    this.statusMask = ALL_STATUSES;
    this.selectedSlot = -1;
    this.drawnCount = 0;
    this.crowded = false;
    /** @type {Map<string, import('./sprite_atlas.js').Sprite[]>} */
    this.spriteSets = new Map();
    this.colors = readStatusColors(document.documentElement);
    this.labelColor = '';
    this.readTheme();
  }

  /** To be called when the theme has changed. */
  readTheme() {
    this.colors = readStatusColors(document.documentElement);
    this.labelColor = getComputedStyle(document.documentElement).getPropertyValue('--text').trim();
    this.spriteSets.clear();
    this.requestPaint();
  }

  /** @param {number} mask */
  setStatusMask(mask) {
    this.statusMask = mask & ALL_STATUSES;
    this.requestPaint();
  }

  /** @param {number} slot -1 none */
  setSelected(slot) {
    this.selectedSlot = slot;
    this.requestPaint();
  }

  view() {
    return {
      width: this.canvas.width,
      height: this.canvas.height,
      worldSize: this.worldSize,
      originX: this.originX * this.pixelRatio,
      originY: this.originY * this.pixelRatio,
      pixelRatio: this.pixelRatio,
      statusMask: this.statusMask,
    };
  }

  paint() {
    const view = this.view();
    if (!view.width || !view.height) return;
    this.chooseSprites();
    this.drawnCount = this.blitter.draw(this.store, view);
    this.context.putImageData(this.blitter.image, 0, 0);
    this.drawLabels();
    this.drawSelected();
  }

  chooseSprites() {
    this.crowded = this.drawnCount > (this.crowded ? SPARSE_BELOW : CROWDED_ABOVE);
    const radius = Math.round((this.crowded ? SMALL_RADIUS : LARGE_RADIUS) * this.pixelRatio);
    const key = `${radius}`;
    let sprites = this.spriteSets.get(key);
    if (!sprites) {
      sprites = makeSprites(this.colors, radius);
      this.spriteSets.set(key, sprites);
    }
    this.blitter.setSprites(sprites, radius);
  }

  drawSelected() {
    const { store, selectedSlot: slot } = this;
    if (slot < 0 || !store.status[slot]) return;
    const { left, top } = this.toCanvas(store.x[slot], store.y[slot]);
    const ratio = this.pixelRatio;
    const context = this.context;
    context.save();
    context.translate(left, top);
    context.beginPath();
    context.arc(0, 0, 19 * ratio, 0, 2 * Math.PI);
    context.strokeStyle = this.colors.halo;
    context.lineWidth = 5 * ratio;
    context.stroke();
    context.strokeStyle = this.labelColor;
    context.lineWidth = 2.5 * ratio;
    context.stroke();
    const hasHeading = store.heading[slot] <= 3600;
    if (store.status[slot] === STATUS_MOVING && hasHeading) context.rotate((store.heading[slot] / 1800) * Math.PI);
    drawStatusShape(context, store.status[slot], hasHeading, 13 * ratio, this.colors);
    context.restore();
  }

  /** Names beside the vehicles, while there are few enough to be read; a name that would cover another is left out. */
  drawLabels() {
    if (this.drawnCount === 0 || this.drawnCount > MAX_LABELS) return;
    const { context, pixelRatio: ratio, store } = this;
    context.font = `500 ${12 * ratio}px system-ui, sans-serif`;
    context.textBaseline = 'middle';
    context.lineJoin = 'round';
    context.lineWidth = 3.5 * ratio;
    context.strokeStyle = this.colors.halo;
    context.fillStyle = this.labelColor;
    /** @type {{left: number, top: number, right: number, bottom: number}[]} */
    const taken = [];
    for (let slot = 0; slot < store.count; slot++) {
      if (((1 << store.status[slot]) & this.statusMask) === 0) continue;
      const { left, top } = this.toCanvas(store.x[slot], store.y[slot]);
      if (left < 0 || top < 0 || left > this.canvas.width || top > this.canvas.height) continue;
      const start = left + (slot === this.selectedSlot ? 24 : 13) * ratio;
      const box = { left: start, top: top - 8 * ratio, right: start + context.measureText(store.names[slot]).width, bottom: top + 8 * ratio };
      if (taken.some((other) => overlap(box, other))) continue;
      taken.push(box);
      context.strokeText(store.names[slot], start, top);
      context.fillText(store.names[slot], start, top);
    }
  }

  /** The vehicle at a point of the map's container; -1 when none.
   * @param {{x: number, y: number}} containerPoint */
  slotAtContainerPoint(containerPoint) {
    const layerPoint = this._map.containerPointToLayerPoint(/** @type {any} */ (containerPoint));
    const origin = this._map.getPixelOrigin();
    const left = (layerPoint.x + origin.x - this.originX) * this.pixelRatio;
    const top = (layerPoint.y + origin.y - this.originY) * this.pixelRatio;
    return this.blitter.slotAt(this.store, this.view(), left, top, HIT_REACH_CSS_PX * this.pixelRatio);
  }
}

/** @typedef {{left: number, top: number, right: number, bottom: number}} Box */
/** @param {Box} a @param {Box} b */
function overlap(a, b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
