// What a person types to be sent to a vehicle, judged as the server and AWS IoT judge it. Pure.

const BYTES_MAX = 8192;
const DEPTH_MAX = 6;

/** @typedef {{members: Record<string, unknown> | null, problem: string}} Judged members is null when there is a problem */

/** @param {string} text @returns {Judged} an empty text has neither members nor a problem */
export function judgeMembers(text) {
  if (text.trim() === '') return { members: null, problem: '' };
  let value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { members: null, problem: describeSyntax(text, /** @type {Error} */ (error)) };
  }
  if (!isObject(value)) return { members: null, problem: 'Expected an object: {"name": value}.' };
  const problem = problemOf(value, '', 1) || sizeProblem(value);
  return problem ? { members: null, problem } : { members: value, problem: '' };
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
export function isObject(value) {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** @param {unknown} value @param {string} path @param {number} depth @returns {string} '' when there is none */
function problemOf(value, path, depth) {
  if (typeof value === 'number' && !Number.isFinite(value)) return `${path}: the number is too large.`;
  if (value === null || typeof value !== 'object') return '';
  if (depth > DEPTH_MAX) return `${path}: nested too deep, at most ${DEPTH_MAX} levels.`;
  if (Array.isArray(value)) {
    const index = value.indexOf(null);
    if (index >= 0) return `${path}[${index}]: an array cannot hold null.`;
    return firstProblem(value.map((inner, at) => problemOf(inner, `${path}[${at}]`, depth + 1)));
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return path ? `${path}: an empty object asks for nothing; null deletes the member.` : 'Name at least one member.';
  return firstProblem(entries.map(([key, inner]) => problemOf(inner, path ? `${path}.${key}` : key, depth + 1)));
}

/** @param {string[]} problems */
function firstProblem(problems) {
  return problems.find((problem) => problem !== '') ?? '';
}

/** @param {object} value */
function sizeProblem(value) {
  const bytes = new TextEncoder().encode(JSON.stringify(value)).length;
  return bytes > BYTES_MAX ? `Too large: ${bytes} bytes, at most ${BYTES_MAX}.` : '';
}

/** Where it stops being JSON, in lines and columns where the browser says where. @param {string} text @param {Error} error */
function describeSyntax(text, error) {
  const position = /position (\d+)/.exec(error.message);
  if (!position) return 'This is not JSON yet.';
  const before = text.slice(0, Number(position[1])).split('\n');
  return `This is not JSON yet: look at line ${before.length}, column ${before[before.length - 1].length + 1}.`;
}
