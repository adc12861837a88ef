// The built-in base map: coast and borders of the world, drawn into Leaflet tiles from one small file.
import { GridLayer } from 'leaflet';
import { mercatorX, mercatorY } from './mercator.js';

const TILE_CSS_PX = 512;

/** @typedef {{xs: Float64Array, ys: Float64Array, west: number, east: number, north: number, south: number}} Line */
/** @typedef {{land: Line[], borders: Line[]}} Outlines */

/** @param {string} url @returns {Promise<Outlines>} */
export async function loadOutlines(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`outlines: HTTP ${response.status}`);
  const packed = await response.json();
  const unpackAll = (/** @type {number[][]} */ lines) => lines.map((line) => unpack(line, packed.units_per_degree));
  return { land: unpackAll(packed.land), borders: unpackAll(packed.borders) };
}

/** @param {number[]} packed first point, then differences @param {number} unitsPerDegree @returns {Line} */
function unpack(packed, unitsPerDegree) {
  const length = packed.length / 2;
  const line = { xs: new Float64Array(length), ys: new Float64Array(length), west: Infinity, east: -Infinity, north: Infinity, south: -Infinity };
  let lon = 0;
  let lat = 0;
  for (let at = 0; at < length; at++) {
    lon += packed[at * 2];
    lat += packed[at * 2 + 1];
    const x = (line.xs[at] = mercatorX(lon / unitsPerDegree));
    const y = (line.ys[at] = mercatorY(lat / unitsPerDegree));
    line.west = Math.min(line.west, x);
    line.east = Math.max(line.east, x);
    line.north = Math.min(line.north, y);
    line.south = Math.max(line.south, y);
  }
  return line;
}

export class OutlineLayer extends GridLayer {
  /** @param {Outlines} outlines */
  constructor(outlines) {
    super({ tileSize: TILE_CSS_PX, className: 'outline-tiles', updateWhenZooming: false, keepBuffer: 1 });
    this.outlines = outlines;
    this.landColor = '';
    this.borderColor = '';
    this.readTheme();
  }

  /** To be called when the theme has changed. */
  readTheme() {
    const style = getComputedStyle(document.documentElement);
    this.landColor = style.getPropertyValue('--map-land').trim();
    this.borderColor = style.getPropertyValue('--map-border').trim();
    this.redraw();
  }

  /** A tile becomes an image: once painted, images cost the browser nothing at later frames; canvases do.
   * @param {import('leaflet').Coords} coords @param {import('leaflet').DoneCallback} done */
  createTile(coords, done) {
    const image = document.createElement('img');
    image.alt = '';
    void this.drawTile(coords).then((blob) => {
      const address = URL.createObjectURL(blob);
      image.onload = () => {
        URL.revokeObjectURL(address);
        done(undefined, image);
      };
      image.src = address;
    });
    return image;
  }

  /** @param {import('leaflet').Coords} coords @returns {Promise<Blob>} */
  drawTile(coords) {
    const size = TILE_CSS_PX * Math.min(window.devicePixelRatio || 1, 2);
    const ratio = size / TILE_CSS_PX;
    const canvas = new OffscreenCanvas(size, size);
    const tiles = (256 * 2 ** coords.z) / TILE_CSS_PX;
    const column = ((coords.x % tiles) + tiles) % tiles;
    const painter = new TilePainter(canvas, tiles * size, column * size, coords.y * size);
    painter.fill(this.outlines.land, this.landColor);
    painter.stroke(this.outlines.land, this.borderColor, 0.8 * ratio);
    painter.stroke(this.outlines.borders, this.borderColor, (coords.z < 4 ? 0.6 : 1.1) * ratio);
    return canvas.convertToBlob();
  }
}

class TilePainter {
  /** @param {OffscreenCanvas} tile @param {number} worldSize @param {number} originX @param {number} originY */
  constructor(tile, worldSize, originX, originY) {
    this.context = /** @type {OffscreenCanvasRenderingContext2D} */ (tile.getContext('2d'));
    this.size = tile.width;
    this.worldSize = worldSize;
    this.originX = originX;
    this.originY = originY;
  }

  /** Adds a line to the path, in each copy of the world where it touches the tile: lines may reach beyond one world.
   * @param {Line} line */
  add(line) {
    const { worldSize, originX, originY, size } = this;
    if (line.south * worldSize < originY - 2 || line.north * worldSize > originY + size + 2) return;
    for (let turn = -1; turn <= 1; turn++) {
      if ((line.east + turn) * worldSize < originX - 2 || (line.west + turn) * worldSize > originX + size + 2) continue;
      this.trace(line, originX - turn * worldSize);
    }
  }

  /** @param {Line[]} rings @param {string} color */
  fill(rings, color) {
    this.context.beginPath();
    for (const ring of rings) this.add(ring);
    this.context.fillStyle = color;
    this.context.fill('evenodd');
  }

  /** @param {Line[]} lines @param {string} color @param {number} width */
  stroke(lines, color, width) {
    this.context.beginPath();
    for (const line of lines) this.add(line);
    this.context.strokeStyle = color;
    this.context.lineWidth = width;
    this.context.lineJoin = 'round';
    this.context.stroke();
  }

  /** A run of points on one side of the tile is drawn as one step: the picture inside is the same.
   * @param {Line} line @param {number} originX */
  trace(line, originX) {
    const { worldSize, originY, size } = this;
    let lastSide = -1;
    let pending = false;
    let x = 0;
    let y = 0;
    for (let at = 0; at < line.xs.length; at++) {
      const nextX = line.xs[at] * worldSize - originX;
      const nextY = line.ys[at] * worldSize - originY;
      const side = sideOf(nextX, nextY, size);
      if (side !== 0 && side === lastSide) {
        pending = true;
      } else {
        if (pending) this.context.lineTo(x, y);
        pending = false;
        if (at === 0) this.context.moveTo(nextX, nextY);
        else this.context.lineTo(nextX, nextY);
      }
      lastSide = side;
      x = nextX;
      y = nextY;
    }
    if (pending) this.context.lineTo(x, y);
  }
}

/** 0 in or near the tile, else which side it is beyond. @param {number} x @param {number} y @param {number} size */
function sideOf(x, y, size) {
  if (x < -4) return 1;
  if (x > size + 4) return 2;
  if (y < -4) return 3;
  return y > size + 4 ? 4 : 0;
}
