// Pointer over the vehicle canvas: a name beside the vehicle under it, and selection by click.
import { byId, setText } from './dom.js';
import { formatSpeed } from './format.js';

export class MapPointer {
  /** @param {import('./map_view.js').MapView} mapView @param {import('./vehicle_layer.js').VehicleLayer} layer
   * @param {import('./selection.js').Selection} selection @param {import('./settings.js').Settings} settings */
  constructor(mapView, layer, selection, settings) {
    this.map = mapView.map;
    this.layer = layer;
    this.settings = settings;
    this.tooltip = byId('map-tooltip');
    this.frameRequest = 0;
    /** @type {{x: number, y: number} | null} */
    this.point = null;
    this.map.on('click', async (event) => {
      const vehicle = await layer.vehicleAt(event.containerPoint);
      if (vehicle) selection.select(vehicle.name);
    });
    this.map.on('mousemove', (event) => this.moveTo(event.containerPoint));
    this.map.on('mouseout movestart', () => this.moveTo(null));
  }

  /** @param {{x: number, y: number} | null} point */
  moveTo(point) {
    this.point = point;
    this.frameRequest ||= requestAnimationFrame(() => {
      this.frameRequest = 0;
      void this.show();
    });
  }

  async show() {
    const { point } = this;
    const vehicle = point ? await this.layer.vehicleAt(point) : null;
    if (point !== this.point) return;
    this.map.getContainer().classList.toggle('over-vehicle', vehicle !== null);
    this.tooltip.hidden = vehicle === null;
    if (!vehicle || !point) return;
    setText(this.tooltip, `${vehicle.name}${vehicle.speedKmh === null ? '' : ` · ${formatSpeed(vehicle.speedKmh, this.settings.values.units)}`}`);
    const flip = point.x > this.map.getSize().x - 180;
    this.tooltip.style.transform = `translate(${point.x + (flip ? -14 : 14)}px, ${point.y + 14}px)${flip ? ' translateX(-100%)' : ''}`;
  }
}
