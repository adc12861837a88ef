// Numbers and times as people read them. Data stays in SI and UTC; only here is it turned into the chosen units.

const KMH_PER_MPH = 1.609344;
const COMPASS = ['N', 'NE', 'E', 'SE', 'S', 'SW', 'W', 'NW'];
const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const wholeNumber = new Intl.NumberFormat();
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const clockSeconds = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** @param {number} count */
export function formatCount(count) {
  return wholeNumber.format(count);
}

/** @param {'kmh' | 'mph'} units */
export function speedUnit(units) {
  return units === 'mph' ? 'mph' : 'km/h';
}

/** @param {number} speedKmh @param {'kmh' | 'mph'} units */
export function speedIn(speedKmh, units) {
  return units === 'mph' ? speedKmh / KMH_PER_MPH : speedKmh;
}

/** @param {number | null | undefined} speedKmh @param {'kmh' | 'mph'} units */
export function formatSpeed(speedKmh, units) {
  if (speedKmh === null || speedKmh === undefined) return 'unknown speed';
  return `${Math.round(speedIn(speedKmh, units))} ${speedUnit(units)}`;
}

/** @param {number} headingDeg */
export function compassPoint(headingDeg) {
  return COMPASS[Math.round(headingDeg / 45) % 8];
}

/** @param {number | null | undefined} headingDeg */
export function formatHeading(headingDeg) {
  if (headingDeg === null || headingDeg === undefined) return 'unknown';
  return `${Math.round(headingDeg) % 360}° ${compassPoint(headingDeg)}`;
}

/** @param {number | null | undefined} temperatureC */
export function formatTemperature(temperatureC) {
  return temperatureC === null || temperatureC === undefined ? 'none' : `${temperatureC.toFixed(1)} °C`;
}

/** Short age: 8 s, 3 min, 2 h 5 min, 4 d. @param {number} ageMs */
export function formatAge(ageMs) {
  const seconds = Math.max(0, Math.round(ageMs / 1000));
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return `${Math.round(hours / 24)} d`;
}

/** A time that passed between two moments: 0.02 s, 1.4 s, 3 min. @param {number} seconds */
export function formatDelay(seconds) {
  return seconds < 10 ? `${seconds.toFixed(seconds < 1 ? 2 : 1)} s` : formatAge(seconds * 1000);
}

/** 512 bytes, 1.4 kB, 20 MB. @param {number} bytes */
export function formatBytes(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  const unit = bytes < 1e6 ? 'kB' : bytes < 1e9 ? 'MB' : 'GB';
  const value = bytes / { kB: 1e3, MB: 1e6, GB: 1e9 }[unit];
  return `${value.toFixed(value < 10 ? 1 : 0)} ${unit}`;
}

/** @param {number} timeMs */
export function formatDateTime(timeMs) {
  return dateTime.format(timeMs);
}

/** @param {number} timeMs */
export function formatClock(timeMs) {
  return clock.format(timeMs);
}

/** @param {number} timeMs */
export function formatClockSeconds(timeMs) {
  return clockSeconds.format(timeMs);
}

/** @param {boolean | null | undefined} ignition */
export function formatIgnition(ignition) {
  return ignition === null || ignition === undefined ? 'unknown' : ignition ? 'on' : 'off';
}

/** @param {number} latitude @param {number} longitude */
export function formatPosition(latitude, longitude) {
  return `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`;
}
