// Pixels of every vehicle sprite for one theme and pixel ratio: status by shape and by colour.
// Arrow: moving. Ring with a dot: moving, heading unknown. Circle: idling. Square: stopped. Hollow circle: silent.
import { STATUS_MOVING, STATUS_IDLING, STATUS_STOPPED, STATUS_SILENT } from './fleet_store.js';

export const HEADING_STEPS = 64;
/** Index of the first sprite that is not an arrow. */
export const SPRITE_NO_HEADING = HEADING_STEPS;
export const SPRITES_PER_SIZE = HEADING_STEPS + 4;
/** CSS pixels from the middle to the edge. */
export const LARGE_RADIUS = 10;
export const SMALL_RADIUS = 6;
const OPAQUE_ALPHA = 230;
const FAINT_ALPHA = 24;

/**
 * @typedef {object} Sprite pixels as x, y, colour triples
 * @property {number[]} solid
 * @property {number[]} edge
 * @typedef {import('./theme_colors.js').StatusColors} StatusColors
 */

/** @param {StatusColors} colors @param {number} radius device pixels @returns {Sprite[]} */
export function makeSprites(colors, radius) {
  const size = radius * 2;
  const canvas = new OffscreenCanvas(size * SPRITES_PER_SIZE, size);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d', { willReadFrequently: true }));
  for (let index = 0; index < SPRITES_PER_SIZE; index++) {
    context.save();
    context.translate(index * size + radius, radius);
    drawSprite(context, index, radius, colors);
    context.restore();
  }
  const pixels = new Int32Array(context.getImageData(0, 0, canvas.width, size).data.buffer);
  return Array.from({ length: SPRITES_PER_SIZE }, (_, index) => cutSprite(pixels, canvas.width, index * size, radius));
}

/** @param {OffscreenCanvasRenderingContext2D} context @param {number} index @param {number} radius @param {StatusColors} colors */
function drawSprite(context, index, radius, colors) {
  if (index < HEADING_STEPS) {
    context.rotate((index * 2 * Math.PI) / HEADING_STEPS);
    return drawStatusShape(context, STATUS_MOVING, true, radius, colors);
  }
  drawStatusShape(context, index - SPRITE_NO_HEADING + 1, false, radius, colors);
}

/** Draws one shape around the origin, north up. Also used for the selected vehicle, larger.
 * @param {OffscreenCanvasRenderingContext2D} context @param {number} status @param {boolean} hasHeading
 * @param {number} radius @param {StatusColors} colors */
export function drawStatusShape(context, status, hasHeading, radius, colors) {
  const unit = radius / 10;
  context.lineJoin = 'round';
  context.strokeStyle = colors.halo;
  context.lineWidth = 2.6 * unit;
  context.beginPath();
  if (status === STATUS_MOVING && hasHeading) tracePath(context, unit, [0, -8.4, 6.4, 7, 0, 3.6, -6.4, 7]);
  else if (status === STATUS_STOPPED) context.rect(-5 * unit, -5 * unit, 10 * unit, 10 * unit);
  else context.arc(0, 0, 5.6 * unit, 0, 2 * Math.PI);
  context.stroke();
  if (status === STATUS_SILENT) return drawRing(context, unit, colors);
  context.fillStyle = status === STATUS_MOVING ? colors.moving : status === STATUS_IDLING ? colors.idling : colors.stopped;
  context.fill();
  if (status === STATUS_MOVING && !hasHeading) drawDot(context, unit, colors.halo);
}

/** @param {OffscreenCanvasRenderingContext2D} context @param {number} unit @param {number[]} points */
function tracePath(context, unit, points) {
  for (let at = 0; at < points.length; at += 2) context.lineTo(points[at] * unit, points[at + 1] * unit);
  context.closePath();
}

/** @param {OffscreenCanvasRenderingContext2D} context @param {number} unit @param {StatusColors} colors */
function drawRing(context, unit, colors) {
  context.fillStyle = colors.halo;
  context.fill();
  context.beginPath();
  context.arc(0, 0, 4.9 * unit, 0, 2 * Math.PI);
  context.strokeStyle = colors.silent;
  context.lineWidth = 2.4 * unit;
  context.stroke();
}

/** @param {OffscreenCanvasRenderingContext2D} context @param {number} unit @param {string} color */
function drawDot(context, unit, color) {
  context.beginPath();
  context.arc(0, 0, 2.2 * unit, 0, 2 * Math.PI);
  context.fillStyle = color;
  context.fill();
}

/** @param {Int32Array} pixels @param {number} stride @param {number} left @param {number} radius @returns {Sprite} */
function cutSprite(pixels, stride, left, radius) {
  const sprite = { solid: /** @type {number[]} */ ([]), edge: /** @type {number[]} */ ([]) };
  for (let y = 0; y < radius * 2; y++) {
    for (let x = 0; x < radius * 2; x++) {
      const color = pixels[y * stride + left + x];
      const alpha = color >>> 24;
      if (alpha > OPAQUE_ALPHA) sprite.solid.push(x - radius, y - radius, color | 0xff000000);
      else if (alpha > FAINT_ALPHA) sprite.edge.push(x - radius, y - radius, color);
    }
  }
  return sprite;
}
