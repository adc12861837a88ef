// A Leaflet layer that is one canvas a little larger than the map. While the map is dragged or zoomed the browser moves the
// finished picture; it is drawn anew when the move ends. Subclasses implement paint().
import { DomUtil, Layer, Point } from 'leaflet';

const PADDING = 0.1;
const MAX_PIXEL_RATIO = 2;

/** @typedef {{width: number, height: number, pixelRatio: number, center: import('leaflet').LatLng, zoom: number, originX: number, originY: number}} Frame
 * width and height in CSS pixels, origin in pixels of the zoom's world */

export class CanvasLayer extends Layer {
  /** @param {string} paneName @param {HTMLCanvasElement} [canvas] */
  constructor(paneName, canvas = document.createElement('canvas')) {
    super();
    this.paneName = paneName;
    this.canvas = canvas;
    /** Zoom and centre of the picture that the canvas holds. */
    this.drawnZoom = 0;
    /** @type {any} */
    this.drawnCenter = null;
    this.originX = 0;
    this.originY = 0;
    this.pixelRatio = 1;
    this.frameRequest = 0;
  }

  getEvents() {
    return { moveend: this.reset, resize: this.reset, viewreset: this.reset, zoomanim: this.animateZoom, zoom: this.followZoom };
  }

  /** @param {any} map */
  onAdd(map) {
    this.canvas.className = 'canvas-layer leaflet-zoom-animated';
    map.getPane(this.paneName).appendChild(this.canvas);
    this.reset();
    return this;
  }

  onRemove() {
    cancelAnimationFrame(this.frameRequest);
    this.canvas.remove();
    return this;
  }

  /** @param {any} event */
  animateZoom(event) {
    if (this.drawnCenter) this.transformTo(event.center, event.zoom);
  }

  followZoom() {
    if (this.drawnCenter) this.transformTo(this._map.getCenter(), this._map.getZoom());
  }

  /** @param {any} center @param {number} zoom */
  transformTo(center, zoom) {
    const map = /** @type {any} */ (this._map);
    const scale = map.getZoomScale(zoom, this.drawnZoom);
    const half = map.getSize().multiplyBy(0.5 + PADDING);
    const offset = half.multiplyBy(-scale).add(map.project(this.drawnCenter, zoom)).subtract(map._getNewPixelOrigin(center, zoom));
    DomUtil.setTransform(this.canvas, offset, scale);
  }

  reset() {
    if (!this._map) return;
    this.place(this.measure());
    this.paintNow();
  }

  /** Where a canvas for the present view belongs. @returns {Frame} */
  measure() {
    const map = this._map;
    const size = map.getSize();
    const topLeft = map.containerPointToLayerPoint(size.multiplyBy(-PADDING)).round();
    const origin = map.getPixelOrigin().add(topLeft);
    return {
      width: Math.round(size.x * (1 + 2 * PADDING)),
      height: Math.round(size.y * (1 + 2 * PADDING)),
      pixelRatio: Math.min(window.devicePixelRatio || 1, MAX_PIXEL_RATIO),
      center: map.getCenter(),
      zoom: map.getZoom(),
      originX: origin.x,
      originY: origin.y,
    };
  }

  /** @param {Frame} frame */
  place(frame) {
    this.sizeCanvas(frame);
    this.pixelRatio = frame.pixelRatio;
    this.drawnCenter = frame.center;
    this.drawnZoom = frame.zoom;
    this.originX = frame.originX;
    this.originY = frame.originY;
    const topLeft = new Point(frame.originX, frame.originY).subtract(this._map.getPixelOrigin());
    DomUtil.setTransform(this.canvas, topLeft, 1);
  }

  /** @param {Frame} frame */
  sizeCanvas(frame) {
    const width = Math.round(frame.width * frame.pixelRatio);
    const height = Math.round(frame.height * frame.pixelRatio);
    if (this.canvas.width === width && this.canvas.height === height) return;
    this.canvas.width = width;
    this.canvas.height = height;
    this.canvas.style.width = `${frame.width}px`;
    this.canvas.style.height = `${frame.height}px`;
  }

  /** Paints once before the next frame, however often it is asked for. */
  requestPaint() {
    if (this.frameRequest || !this._map) return;
    this.frameRequest = requestAnimationFrame(() => this.paintNow());
  }

  paintNow() {
    cancelAnimationFrame(this.frameRequest);
    this.frameRequest = 0;
    if (this._map) this.paint();
  }

  /** @abstract */
  paint() {}

  /** Side of the world in device pixels at the drawn zoom. */
  get worldSize() {
    return 256 * 2 ** this.drawnZoom * this.pixelRatio;
  }

  /** Position in the canvas, device pixels, of a point in the unit square; the copy of the world nearest to the middle.
   * @param {number} x @param {number} y */
  toCanvas(x, y) {
    const worldSize = this.worldSize;
    let left = x * worldSize - this.originX * this.pixelRatio;
    left -= Math.round((left - this.canvas.width / 2) / worldSize) * worldSize;
    return { left, top: y * worldSize - this.originY * this.pixelRatio };
  }
}
