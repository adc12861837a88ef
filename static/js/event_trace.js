// Follows one event: asks for its way from arrival to the map, and shows the stations.
import { fetchTrace } from './api.js';
import { byId, make, setText } from './dom.js';
import { formatCount, formatDateTime, formatDelay } from './format.js';
import { finderWord, pathWord } from './ingest_words.js';

/**
 * @typedef {{bucket: string, key: string, found_by: string}} TracedObject
 * @typedef {{recorded_at: string, version: number, received: {at: string, path: string, file: string | null, objects: TracedObject[] | null},
 *   committed: {at: string | null, seq: number, reason: string | null}, position: {moved: boolean, reason: string | null},
 *   sent: {at: string | null, frames: number, reason: string | null}}} Traced
 */

export class EventTrace extends EventTarget {
  constructor() {
    super();
    this.vehicle = /** @type {HTMLInputElement} */ (byId('trace-vehicle'));
    this.version = /** @type {HTMLInputElement} */ (byId('trace-version'));
    this.result = byId('trace-result');
    this.abort = new AbortController();
    byId('trace-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.dispatchEvent(new CustomEvent('change'));
      void this.follow();
    });
  }

  /** NAME/VERSION, or '' */
  get asked() {
    const [vehicle, version] = [this.vehicle.value.trim(), this.version.value.trim()];
    return vehicle && version ? `${vehicle}/${version}` : '';
  }

  /** @param {string} asked */
  ask(asked) {
    if (asked === this.asked) return;
    [this.vehicle.value, this.version.value] = asked.split('/');
    void this.follow();
  }

  async follow() {
    this.abort.abort();
    this.abort = new AbortController();
    const { signal } = this.abort;
    this.result.replaceChildren(make('p', 'quiet', '…'));
    try {
      const trace = await fetchTrace(this.vehicle.value.trim(), this.version.value.trim(), signal);
      this.result.replaceChildren(...trace.items.map(buildSteps));
    } catch (error) {
      if (!signal.aborted) this.result.replaceChildren(make('p', '', error instanceof Error ? `${error.message.replace(/^./, (first) => first.toUpperCase())}.` : String(error)));
    }
  }
}

/** @param {Traced} item */
function buildSteps(item) {
  const list = make('ol', 'trace-steps');
  list.append(
    buildStep('Recorded', item.recorded_at, '', null),
    buildStep('Received', item.received.at, describeArrival(item.received), item.recorded_at),
    buildStep('Committed', item.committed.at, item.committed.reason ?? `as number ${formatCount(item.committed.seq)}`, item.received.at),
    buildStep(item.position.moved ? 'Moved the marker' : 'Did not move the marker', null, item.position.reason ?? '', null),
    buildStep(item.sent.at ? 'Sent to live viewers' : 'Not seen going to live viewers', item.sent.at, describeSending(item.sent), item.received.at),
  );
  return list;
}

/** @param {string} name @param {string | null} at @param {string} more @param {string | null} since */
function buildStep(name, at, more, since) {
  const step = make('li');
  step.append(make('strong', '', name));
  const delayS = at && since ? (Date.parse(at) - Date.parse(since)) / 1000 : null;
  const when = at ? [formatDateTime(Date.parse(at)), delayS !== null && delayS >= 0 ? `(+${formatDelay(delayS)})` : ''] : [];
  const text = [...when, more].filter(Boolean).join(' ');
  if (text) setText(step.appendChild(make('span', 'quiet')), text);
  return step;
}

/** @param {Traced['received']} received */
function describeArrival(received) {
  const objects = received.objects ?? [];
  const from = objects.length === 0 ? '' : `, from ${objects.length === 1 ? '' : 'one of '}${objects.map((object) => `s3://${object.bucket}/${object.key} (${finderWord(object.found_by)})`).join(', ')}`;
  return `by ${pathWord(received.path)}${received.file ? `, file ${received.file}` : ''}${from}`;
}

/** @param {Traced['sent']} sent */
function describeSending(sent) {
  if (sent.reason) return sent.reason;
  return sent.frames === 1 ? 'in one frame' : `in ${formatCount(sent.frames)} frames`;
}
