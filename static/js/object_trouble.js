// Objects of S3 that could not be read, or were gone: listed when somebody opens the list, and tried again on request.
import { fetchObjects, retryObject } from './api.js';
import { byId, make, setText } from './dom.js';
import { formatDateTime } from './format.js';
import { finderWord } from './ingest_words.js';
import { KeyedList } from './keyed_list.js';

/** @typedef {{bucket: string, key: string, version_id: string | null, etag: string | null, found_by: string, state: string, announced_at: string, tries: number,
 *   error: string | null}} IngestObject */

export class ObjectTrouble {
  constructor() {
    this.details = /** @type {HTMLDetailsElement} */ (byId('objects-trouble'));
    this.state = byId('trouble-state');
    this.list = new KeyedList(byId('trouble-list'), {
      key: (object) => [object.bucket, object.key, object.version_id, object.etag].join(' '),
      build: (object) => this.build(object),
      update: updateObject,
    });
    this.details.addEventListener('toggle', () => this.details.open && void this.read());
  }

  async read() {
    try {
      const [failed, missing] = await Promise.all(['failed', 'missing'].map(fetchObjects));
      this.list.show([...failed.items, ...missing.items]);
      setText(this.state, failed.next || missing.next ? 'The newest 50 of each.' : '');
    } catch (error) {
      setText(this.state, error instanceof Error ? error.message : String(error));
    }
  }

  /** @param {IngestObject} object */
  build(object) {
    const item = make('li', 'with-action');
    const button = make('button', 'button action', 'Read again');
    button.type = 'button';
    button.setAttribute('aria-label', `Read again: ${object.key}`);
    button.addEventListener('click', () => void this.retry(object, button));
    item.append(make('span', '', `s3://${object.bucket}/${object.key}`), make('span', 'quiet'), button);
    return item;
  }

  /** @param {IngestObject} object @param {HTMLButtonElement} button */
  async retry(object, button) {
    button.disabled = true;
    try {
      await retryObject(object.bucket, object.key);
      setText(this.state, `${object.key} waits to be read.`);
      button.hidden = true;
    } catch (error) {
      setText(this.state, error instanceof Error ? error.message : String(error));
    }
    button.disabled = false;
  }
}

/** @param {HTMLElement} item @param {IngestObject} object */
function updateObject(item, object) {
  const tries = object.tries === 1 ? 'tried once' : `tried ${object.tries} times`;
  setText(/** @type {Element} */ (item.querySelector('.quiet')),
    `${object.state}, found by ${finderWord(object.found_by)} ${formatDateTime(Date.parse(object.announced_at))}, ${tries}${object.error ? `: ${object.error}` : ''}`);
}
