// The map layer of all vehicles. The picture itself is made by the fleet worker; here the canvas is placed, and only when the
// worker says that the new picture is in it, so that vehicles never jump at the end of a move.
import { CanvasLayer } from './canvas_layer.js';

export class VehicleLayer extends CanvasLayer {
  /** @param {import('./fleet_link.js').FleetLink} link @param {HTMLCanvasElement} canvas whose pixels the worker owns */
  constructor(link, canvas) {
    super('vehicles', canvas);
    this.link = link;
    this.viewNumber = 0;
    /** @type {(() => void) | null} */
    this.placeCanvas = null;
    link.addEventListener('painted', (event) => this.onPainted(/** @type {CustomEvent} */ (event).detail));
  }

  /** Sends the new view to the worker; the old picture stays where it belongs until the new one is there. */
  reset() {
    const map = this._map;
    if (!map) return;
    const frame = this.measure();
    this.placeCanvas = () => this.place(frame);
    if (!this.drawnCenter) this.place(frame);
    this.link.post('view', {
      number: ++this.viewNumber,
      view: {
        width: Math.round(frame.width * frame.pixelRatio),
        height: Math.round(frame.height * frame.pixelRatio),
        worldSize: 256 * 2 ** frame.zoom * frame.pixelRatio,
        originX: frame.originX * frame.pixelRatio,
        originY: frame.originY * frame.pixelRatio,
        pixelRatio: frame.pixelRatio,
        statusMask: 0,
      },
    });
  }

  /** @param {number} number of the view that the canvas now shows */
  onPainted(number) {
    if (number !== this.viewNumber) return;
    this.placeCanvas?.();
    this.placeCanvas = null;
  }

  /** @param {import('./canvas_layer.js').Frame} frame */
  sizeCanvas(frame) {
    this.canvas.style.width = `${frame.width}px`;
    this.canvas.style.height = `${frame.height}px`;
  }

  /** The name and speed of the vehicle at a point of the map's container, null when there is none.
   * @param {{x: number, y: number}} containerPoint @returns {Promise<{name: string, speedKmh: number | null} | null>} */
  vehicleAt(containerPoint) {
    const layerPoint = this._map.containerPointToLayerPoint(/** @type {any} */ (containerPoint));
    const origin = this._map.getPixelOrigin();
    const left = (layerPoint.x + origin.x - this.originX) * this.pixelRatio;
    const top = (layerPoint.y + origin.y - this.originY) * this.pixelRatio;
    return this.link.ask('vehicleAt', { left, top });
  }
}
