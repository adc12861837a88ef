// Web Mercator in the unit square: x 0..1 from west to east, y 0..1 from north to south.

const RADIANS_PER_DEGREE = Math.PI / 180;
const MAX_LATITUDE = 85.0511287798;

/** @param {number} longitude */
export function mercatorX(longitude) {
  return longitude / 360 + 0.5;
}

/** @param {number} latitude */
export function mercatorY(latitude) {
  const bounded = Math.max(-MAX_LATITUDE, Math.min(MAX_LATITUDE, latitude));
  const sine = Math.sin(bounded * RADIANS_PER_DEGREE);
  return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
}

/** @param {number} x */
export function longitudeOf(x) {
  return (x - 0.5) * 360;
}

/** @param {number} y */
export function latitudeOf(y) {
  return Math.atan(Math.sinh((0.5 - y) * 2 * Math.PI)) / RADIANS_PER_DEGREE;
}
