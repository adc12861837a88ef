// A shadow as rows: each member by its path, as it is reported and as it is desired. Pure.
import { isObject } from './desired_members.js';

/** @typedef {{path: string, reported: string, desired: string, differs: boolean, timeMs: number | null}} ShadowRow
 * reported, desired: '' when there is none */

/** @param {{reported: object, desired: object, delta: object, metadata: any}} shadow @returns {ShadowRow[]} by path */
export function shadowRows({ reported, desired, delta, metadata }) {
  const [isReported, isDesired, isDelta] = [reported, desired, delta].map(leavesOf);
  const times = timesOf(metadata?.reported);
  const paths = [...new Set([...isReported.keys(), ...isDesired.keys()])].sort();
  return paths.map((path) => ({
    path,
    reported: isReported.get(path) ?? '',
    desired: isDesired.get(path) ?? '',
    differs: isDelta.has(path),
    timeMs: times.get(path) ?? null,
  }));
}

/** @param {object} state @returns {Map<string, string>} */
function leavesOf(state) {
  /** @type {Map<string, string>} */
  const leaves = new Map();
  collect(state, '', (path, value) => leaves.set(path, typeof value === 'string' ? value : JSON.stringify(value)));
  return leaves;
}

/** @param {object} value @param {string} path @param {(path: string, value: unknown) => void} take */
function collect(value, path, take) {
  for (const [key, inner] of Object.entries(value)) {
    const innerPath = path ? `${path}.${key}` : key;
    if (isObject(inner) && Object.keys(inner).length > 0) collect(inner, innerPath, take);
    else take(innerPath, inner);
  }
}

/** @param {any} metadata @param {string} [path] @param {Map<string, number>} [times] */
function timesOf(metadata, path = '', times = new Map()) {
  if (Array.isArray(metadata)) {
    for (const inner of metadata) timesOf(inner, path, times);
  } else if (isObject(metadata)) {
    if (typeof metadata.timestamp === 'number') times.set(path, Math.max(metadata.timestamp * 1000, times.get(path) ?? 0));
    else for (const [key, inner] of Object.entries(metadata)) timesOf(inner, path ? `${path}.${key}` : key, times);
  }
  return times;
}
