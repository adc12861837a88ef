// Names beside the vehicles. A name covers neither another name nor a vehicle: it is tried on
// four sides, first on the side where it was before so that it stays calm, and left out when none is free.

/** With more vehicles in view no names are drawn. */
export const MAX_LABELS = 80;
const GAP_CSS_PX = 13;
const SELECTED_GAP_CSS_PX = 24;
const SPRITE_REACH_CSS_PX = 9;
const HALF_HEIGHT_CSS_PX = 8;

/** @typedef {{left: number, top: number, right: number, bottom: number}} Box */
/** @typedef {{slot: number, left: number, top: number}} Place middle of a vehicle in the canvas */

export class VehicleLabels {
  constructor() {
    /** Side of each vehicle's name at the last painting. @type {Map<number, number>} */
    this.sides = new Map();
  }

  /** @param {OffscreenCanvasRenderingContext2D} context @param {Place[]} places those in view, the selected one first
   * @param {{names: string[], selectedSlot: number, ratio: number, colors: import('./theme_colors.js').StatusColors}} look */
  draw(context, places, { names, selectedSlot, ratio, colors }) {
    context.font = `500 ${12 * ratio}px system-ui, sans-serif`;
    context.textBaseline = 'middle';
    context.lineJoin = 'round';
    context.lineWidth = 3.5 * ratio;
    context.strokeStyle = colors.halo;
    context.fillStyle = colors.label;
    const taken = places.map((place) => around(place, SPRITE_REACH_CSS_PX * ratio));
    const sides = new Map();
    places.forEach((place, index) => {
      const gap = (place.slot === selectedSlot ? SELECTED_GAP_CSS_PX : GAP_CSS_PX) * ratio;
      const name = names[place.slot];
      const boxes = boxesBeside(place, gap, context.measureText(name).width, HALF_HEIGHT_CSS_PX * ratio);
      const side = this.freeSide(place.slot, boxes, taken, index);
      if (side < 0) return;
      sides.set(place.slot, side);
      taken.push(boxes[side]);
      const middle = (boxes[side].top + boxes[side].bottom) / 2;
      context.strokeText(name, boxes[side].left, middle);
      context.fillText(name, boxes[side].left, middle);
    });
    this.sides = sides;
  }

  /** @param {number} slot @param {Box[]} boxes @param {Box[]} taken @param {number} own index of the vehicle's own box */
  freeSide(slot, boxes, taken, own) {
    const before = this.sides.get(slot) ?? 0;
    const isFree = (/** @type {Box} */ box) => taken.every((other, index) => index === own || !overlap(box, other));
    return isFree(boxes[before]) ? before : boxes.findIndex(isFree);
  }
}

/** @param {Place} place @param {number} reach @returns {Box} */
function around({ left, top }, reach) {
  return { left: left - reach, top: top - reach, right: left + reach, bottom: top + reach };
}

/** Right, left, above, below. @param {Place} place @param {number} gap @param {number} width @param {number} halfHeight @returns {Box[]} */
function boxesBeside({ left, top }, gap, width, halfHeight) {
  const at = (/** @type {number} */ start, /** @type {number} */ middle) => (
    { left: start, top: middle - halfHeight, right: start + width, bottom: middle + halfHeight });
  return [at(left + gap, top), at(left - gap - width, top), at(left - width / 2, top - gap - halfHeight / 2), at(left - width / 2, top + gap + halfHeight / 2)];
}

/** @param {Box} a @param {Box} b */
function overlap(a, b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
