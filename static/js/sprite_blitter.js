// Writes the sprites of all visible vehicles straight into a frame of pixels: no canvas call a vehicle.
// At most one sprite a cell of 8 CSS pixels (thinning); the grid of cells then answers what lies under the pointer.
import { HEADING_STEPS, SPRITE_NO_HEADING } from './sprite_atlas.js';

const CELL_CSS_PX = 8;

/** Where the frame lies in the world. All in device pixels.
 * @typedef {object} FrameView
 * @property {number} width
 * @property {number} height
 * @property {number} worldSize
 * @property {number} originX
 * @property {number} originY
 * @property {number} pixelRatio
 * @property {number} statusMask bit n set: draw status n
 */

export class SpriteBlitter {
  constructor() {
    this.image = new ImageData(1, 1);
    this.pixels = new Int32Array(this.image.data.buffer);
    /** @type {Int32Array} slot + 1 of the vehicle drawn in a cell, 0 none */
    this.cells = new Int32Array(0);
    this.cellSize = CELL_CSS_PX;
    this.columns = 0;
    this.rows = 0;
    /** @type {import('./sprite_atlas.js').Sprite[]} */
    this.sprites = [];
    this.radius = 0;
    /** @type {Int32Array[]} offset and colour pairs by sprite, for the present width */
    this.solid = [];
    /** @type {Int32Array[]} */
    this.edge = [];
  }

  /** @param {import('./sprite_atlas.js').Sprite[]} sprites @param {number} radius device pixels */
  setSprites(sprites, radius) {
    if (this.sprites === sprites) return;
    this.sprites = sprites;
    this.radius = radius;
    this.layOutSprites();
  }

  layOutSprites() {
    const width = this.image.width;
    this.solid = this.sprites.map((sprite) => toOffsets(sprite.solid, width));
    this.edge = this.sprites.map((sprite) => toOffsets(sprite.edge, width));
  }

  /** @param {FrameView} view */
  prepare(view) {
    if (this.image.width !== view.width || this.image.height !== view.height) {
      this.image = new ImageData(view.width, view.height);
      this.pixels = new Int32Array(this.image.data.buffer);
      this.layOutSprites();
    } else {
      this.pixels.fill(0);
    }
    this.cellSize = CELL_CSS_PX * view.pixelRatio;
    this.columns = Math.ceil(view.width / this.cellSize) + 1;
    this.rows = Math.ceil(view.height / this.cellSize) + 1;
    const cellCount = this.columns * this.rows;
    if (this.cells.length === cellCount) this.cells.fill(0);
    else this.cells = new Int32Array(cellCount);
  }

  /** Draws the fleet; gives back how many sprites it drew.
   * @param {import('./fleet_store.js').FleetStore} store @param {FrameView} view */
  draw(store, view) {
    this.prepare(view);
    const { x, y, status, heading, count } = store;
    const { worldSize, originX, originY, statusMask } = view;
    const { cells, columns, radius } = this;
    const perCell = 1 / this.cellSize;
    const right = view.width - radius - 1;
    const bottom = view.height - radius - 1;
    let drawn = 0;
    for (let slot = 0; slot < count; slot++) {
      if (((1 << status[slot]) & statusMask) === 0) continue;
      const top = (y[slot] * worldSize - originY) | 0;
      if (top < radius || top > bottom) continue;
      let left = (x[slot] * worldSize - originX) | 0;
      if (left < radius) left += worldSize;
      else if (left > right) left -= worldSize;
      if (left < radius || left > right) continue;
      const cell = ((top * perCell) | 0) * columns + ((left * perCell) | 0);
      if (cells[cell] !== 0) continue;
      cells[cell] = slot + 1;
      this.blit(status[slot], heading[slot], (top | 0) * view.width + (left | 0));
      drawn++;
    }
    return drawn;
  }

  /** @param {number} status @param {number} heading @param {number} at index of the middle pixel */
  blit(status, heading, at) {
    let sprite = SPRITE_NO_HEADING + status - 1;
    if (status === 1 && heading <= 3600) sprite = (heading * (HEADING_STEPS / 3600) + 0.5) & (HEADING_STEPS - 1);
    const { pixels } = this;
    const solid = this.solid[sprite];
    const edge = this.edge[sprite];
    for (let pair = 0; pair < solid.length; pair += 2) pixels[at + solid[pair]] = solid[pair + 1];
    for (let pair = 0; pair < edge.length; pair += 2) {
      const target = at + edge[pair];
      if (pixels[target] === 0) pixels[target] = edge[pair + 1];
    }
  }

  /** The drawn vehicle nearest to a point, within a reach; -1 when none. Device pixels of the frame.
   * @param {import('./fleet_store.js').FleetStore} store @param {FrameView} view
   * @param {number} left @param {number} top @param {number} reach */
  slotAt(store, view, left, top, reach) {
    const firstColumn = Math.max(0, Math.floor((left - reach) / this.cellSize));
    const lastColumn = Math.min(this.columns - 1, Math.floor((left + reach) / this.cellSize));
    const firstRow = Math.max(0, Math.floor((top - reach) / this.cellSize));
    const lastRow = Math.min(this.rows - 1, Math.floor((top + reach) / this.cellSize));
    let best = -1;
    let bestDistance = reach * reach;
    for (let row = firstRow; row <= lastRow; row++) {
      for (let column = firstColumn; column <= lastColumn; column++) {
        const slot = this.cells[row * this.columns + column] - 1;
        if (slot < 0) continue;
        const distance = distanceSquared(store, view, slot, left, top);
        if (distance <= bestDistance) {
          best = slot;
          bestDistance = distance;
        }
      }
    }
    return best;
  }
}

/** @param {import('./fleet_store.js').FleetStore} store @param {FrameView} view
 * @param {number} slot @param {number} left @param {number} top */
function distanceSquared(store, view, slot, left, top) {
  let dx = store.x[slot] * view.worldSize - view.originX - left;
  dx -= Math.round(dx / view.worldSize) * view.worldSize;
  const dy = store.y[slot] * view.worldSize - view.originY - top;
  return dx * dx + dy * dy;
}

/** @param {number[]} triples x, y, colour @param {number} width */
function toOffsets(triples, width) {
  const pairs = new Int32Array((triples.length / 3) * 2);
  for (let from = 0, to = 0; from < triples.length; from += 3) {
    pairs[to++] = triples[from + 1] * width + triples[from];
    pairs[to++] = triples[from + 2];
  }
  return pairs;
}
