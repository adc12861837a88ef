// The selected vehicle's last hours as a line: older parts fainter, gaps left open. Has one marker, moved by the speed chart.
import { CanvasLayer } from './canvas_layer.js';
import { mercatorX, mercatorY } from './mercator.js';

const GAP_MS = 10 * 60 * 1000;
const FADE_STEPS = 6;
const MIN_STEP_PX = 2;

export class TrailLayer extends CanvasLayer {
  constructor() {
    super('trail');
    this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext('2d'));
    this.xs = new Float64Array(0);
    this.ys = new Float64Array(0);
    this.timesMs = new Float64Array(0);
    this.count = 0;
    this.markedIndex = -1;
    this.color = '';
    this.haloColor = '';
    this.readTheme();
  }

  /** To be called when the theme has changed. */
  readTheme() {
    const style = getComputedStyle(document.documentElement);
    this.color = style.getPropertyValue('--trail').trim();
    this.haloColor = style.getPropertyValue('--status-halo').trim();
    this.requestPaint();
  }

  /** @param {import('./api.js').TrackPoint[]} points oldest first */
  setPoints(points) {
    const usable = points.filter((point) => !point.flags?.length);
    this.xs = Float64Array.from(usable, (point) => mercatorX(point.lon));
    this.ys = Float64Array.from(usable, (point) => mercatorY(point.lat));
    this.timesMs = Float64Array.from(usable, (point) => Date.parse(point.recorded_at));
    this.count = usable.length;
    this.markedIndex = -1;
    this.requestPaint();
  }

  /** @param {number} latitude @param {number} longitude @param {number} timeMs */
  append(latitude, longitude, timeMs) {
    if (this.count && timeMs <= this.timesMs[this.count - 1]) return false;
    if (this.count === this.xs.length) this.grow();
    this.xs[this.count] = mercatorX(longitude);
    this.ys[this.count] = mercatorY(latitude);
    this.timesMs[this.count++] = timeMs;
    this.requestPaint();
    return true;
  }

  grow() {
    const grown = (/** @type {Float64Array} */ old) => {
      const fresh = new Float64Array(Math.max(64, old.length * 2));
      fresh.set(old);
      return fresh;
    };
    this.xs = grown(this.xs);
    this.ys = grown(this.ys);
    this.timesMs = grown(this.timesMs);
  }

  clear() {
    this.setPoints([]);
  }

  /** @param {number} index -1 none */
  mark(index) {
    if (this.markedIndex === index) return;
    this.markedIndex = index;
    this.requestPaint();
  }

  paint() {
    // An empty canvas of the map's size still costs the compositor something at each of the page's frames.
    this.canvas.hidden = this.count < 2;
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    if (this.count < 2) return;
    const perStep = Math.ceil(this.count / FADE_STEPS);
    this.strokeRange(0, this.count, this.haloColor, 6, 0.9);
    for (let step = 0; step < FADE_STEPS; step++) {
      const first = Math.max(0, step * perStep - 1);
      this.strokeRange(first, Math.min(this.count, (step + 1) * perStep), this.color, 3, 0.4 + (0.6 * (step + 1)) / FADE_STEPS);
    }
    if (this.markedIndex >= 0) this.drawMark();
  }

  /** @param {number} first @param {number} end @param {string} color @param {number} widthPx @param {number} opacity */
  strokeRange(first, end, color, widthPx, opacity) {
    const context = this.context;
    context.globalAlpha = opacity;
    context.strokeStyle = color;
    context.lineWidth = widthPx * this.pixelRatio;
    context.lineJoin = 'round';
    context.lineCap = 'round';
    context.beginPath();
    let lastLeft = NaN;
    let lastTop = NaN;
    for (let index = first; index < end; index++) {
      const { left, top } = this.toCanvas(this.xs[index], this.ys[index]);
      const isGap = index > first && this.timesMs[index] - this.timesMs[index - 1] > GAP_MS;
      const isNear = Math.abs(left - lastLeft) + Math.abs(top - lastTop) < MIN_STEP_PX;
      if (isNear && !isGap && index !== end - 1) continue;
      if (index === first || isGap) context.moveTo(left, top);
      else context.lineTo(left, top);
      lastLeft = left;
      lastTop = top;
    }
    context.stroke();
    context.globalAlpha = 1;
  }

  drawMark() {
    const { left, top } = this.toCanvas(this.xs[this.markedIndex], this.ys[this.markedIndex]);
    const context = this.context;
    context.beginPath();
    context.arc(left, top, 6 * this.pixelRatio, 0, 2 * Math.PI);
    context.fillStyle = this.haloColor;
    context.fill();
    context.strokeStyle = this.color;
    context.lineWidth = 3 * this.pixelRatio;
    context.stroke();
  }
}
