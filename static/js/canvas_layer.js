// A Leaflet layer that is one canvas a little larger than the map. While the map is dragged or zoomed the browser moves the
// finished picture; it is drawn anew when the move ends. Subclasses implement paint().
import { DomUtil, Layer } from 'leaflet';

const PADDING = 0.1;
const MAX_PIXEL_RATIO = 2;

export class CanvasLayer extends Layer {
  /** @param {string} paneName */
  constructor(paneName) {
    super();
    this.paneName = paneName;
    this.canvas = document.createElement('canvas');
    this.context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext('2d'));
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
    this.transformTo(event.center, event.zoom);
  }

  followZoom() {
    this.transformTo(this._map.getCenter(), this._map.getZoom());
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
    const map = this._map;
    if (!map) return;
    const size = map.getSize();
    this.resizeCanvas(Math.round(size.x * (1 + 2 * PADDING)), Math.round(size.y * (1 + 2 * PADDING)));
    this.drawnCenter = map.getCenter();
    this.drawnZoom = map.getZoom();
    const topLeft = map.containerPointToLayerPoint(size.multiplyBy(-PADDING)).round();
    DomUtil.setTransform(this.canvas, topLeft, 1);
    const origin = map.getPixelOrigin().add(topLeft);
    this.originX = origin.x;
    this.originY = origin.y;
    this.paintNow();
  }

  /** @param {number} width @param {number} height CSS pixels */
  resizeCanvas(width, height) {
    this.pixelRatio = Math.min(window.devicePixelRatio || 1, MAX_PIXEL_RATIO);
    const deviceWidth = Math.round(width * this.pixelRatio);
    const deviceHeight = Math.round(height * this.pixelRatio);
    if (this.canvas.width === deviceWidth && this.canvas.height === deviceHeight) return;
    this.canvas.width = deviceWidth;
    this.canvas.height = deviceHeight;
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${height}px`;
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
