// Paints all vehicles into one canvas, in the fleet worker, and knows afterwards what lies under a point.
import { STATUS_MOVING } from './fleet_store.js';
import { drawStatusShape, LARGE_RADIUS, makeSprites, SMALL_RADIUS } from './sprite_atlas.js';
import { SpriteBlitter } from './sprite_blitter.js';
import { MAX_LABELS, VehicleLabels } from './vehicle_labels.js';

/** More sprites than this are drawn small, fewer than the second figure large again. */
const CROWDED_ABOVE = 4000;
const SPARSE_BELOW = 3000;
const HIT_REACH_CSS_PX = 14;

export class VehiclePainter {
  /** @param {import('./fleet_store.js').FleetStore} store @param {OffscreenCanvas} canvas
   * @param {import('./theme_colors.js').StatusColors} colors */
  constructor(store, canvas, colors) {
    this.store = store;
    this.canvas = canvas;
    this.context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
    this.blitter = new SpriteBlitter();
    this.labels = new VehicleLabels();
    this.colors = colors;
    this.selectedSlot = -1;
    this.drawnCount = 0;
    this.crowded = false;
    /** @type {Map<number, import('./sprite_atlas.js').Sprite[]>} by radius */
    this.spriteSets = new Map();
    /** @type {import('./sprite_blitter.js').FrameView | null} */
    this.view = null;
  }

  /** @param {import('./theme_colors.js').StatusColors} colors */
  setColors(colors) {
    this.colors = colors;
    this.spriteSets.clear();
  }

  /** @param {import('./sprite_blitter.js').FrameView} view */
  setView(view) {
    this.view = view;
    if (this.canvas.width !== view.width) this.canvas.width = view.width;
    if (this.canvas.height !== view.height) this.canvas.height = view.height;
  }

  paint() {
    if (!this.view || !this.view.width || !this.view.height) return;
    this.chooseSprites();
    this.drawnCount = this.blitter.draw(this.store, this.view);
    this.context.putImageData(this.blitter.image, 0, 0);
    this.drawLabels(this.view);
    this.drawSelected(this.view);
  }

  /** Middle of a vehicle in the canvas, in the copy of the world nearest to the middle of the view.
   * @param {import('./sprite_blitter.js').FrameView} view @param {number} slot */
  placeOf(view, slot) {
    let left = this.store.x[slot] * view.worldSize - view.originX;
    left -= Math.round((left - view.width / 2) / view.worldSize) * view.worldSize;
    return { left, top: this.store.y[slot] * view.worldSize - view.originY };
  }

  chooseSprites() {
    const { pixelRatio } = /** @type {import('./sprite_blitter.js').FrameView} */ (this.view);
    this.crowded = this.drawnCount > (this.crowded ? SPARSE_BELOW : CROWDED_ABOVE);
    const radius = Math.round((this.crowded ? SMALL_RADIUS : LARGE_RADIUS) * pixelRatio);
    let sprites = this.spriteSets.get(radius);
    if (!sprites) {
      sprites = makeSprites(this.colors, radius);
      this.spriteSets.set(radius, sprites);
    }
    this.blitter.setSprites(sprites, radius);
  }

  /** @param {import('./sprite_blitter.js').FrameView} view */
  drawSelected(view) {
    const { store, selectedSlot: slot } = this;
    if (slot < 0 || !store.status[slot]) return;
    const { left, top } = this.placeOf(view, slot);
    const ratio = view.pixelRatio;
    const context = this.context;
    context.save();
    context.translate(left, top);
    context.beginPath();
    context.arc(0, 0, 19 * ratio, 0, 2 * Math.PI);
    context.strokeStyle = this.colors.halo;
    context.lineWidth = 5 * ratio;
    context.stroke();
    context.strokeStyle = this.colors.label;
    context.lineWidth = 2.5 * ratio;
    context.stroke();
    const hasHeading = store.heading[slot] <= 3600;
    if (store.status[slot] === STATUS_MOVING && hasHeading) context.rotate((store.heading[slot] / 1800) * Math.PI);
    drawStatusShape(context, store.status[slot], hasHeading, 13 * ratio, this.colors);
    context.restore();
  }

  /** drawnCount counts signs: many vehicles may share one. @param {import('./sprite_blitter.js').FrameView} view */
  drawLabels(view) {
    if (this.drawnCount === 0 || this.drawnCount > MAX_LABELS) return;
    const { store, selectedSlot, colors } = this;
    /** @type {import('./vehicle_labels.js').Place[]} */
    const places = [];
    for (let slot = 0; slot < store.count; slot++) {
      if (((1 << store.status[slot]) & view.statusMask) === 0) continue;
      const place = { slot, ...this.placeOf(view, slot) };
      if (place.left < 0 || place.top < 0 || place.left > view.width || place.top > view.height) continue;
      if (slot === selectedSlot) places.unshift(place);
      else places.push(place);
      if (places.length > MAX_LABELS) return;
    }
    this.labels.draw(this.context, places, { names: store.names, selectedSlot, ratio: view.pixelRatio, colors });
  }

  /** The vehicle drawn at a point of the canvas, device pixels; -1 when none. @param {number} left @param {number} top */
  slotAt(left, top) {
    if (!this.view) return -1;
    return this.blitter.slotAt(this.store, this.view, left, top, HIT_REACH_CSS_PX * this.view.pixelRatio);
  }
}
