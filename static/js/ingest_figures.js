// The figures of the ingest view: ways in, objects of S3, reasons of rejection, confirmations. Renewed with each status; ages tick.
import { byId, make, setText } from './dom.js';
import { formatAge, formatCount, formatDelay } from './format.js';
import { finderWord, pathWord } from './ingest_words.js';
import { KeyedList } from './keyed_list.js';

export class IngestFigures {
  /** @param {import('./ingest_status.js').IngestStatus} status @param {(reason: import('./ingest_status.js').Reason) => void} onReason */
  constructor(status, onReason) {
    this.status = status;
    this.paths = new KeyedList(byId('paths-rows'), { key: (path) => path.path, build: buildPath, update: (row, path) => this.updatePath(row, path) });
    this.finders = new KeyedList(byId('objects-rows'), { key: (counts) => counts.found_by, build: () => buildRow(6), update: updateFinder });
    this.sweeps = new KeyedList(byId('sweeps'), { key: (sweep) => sweep.prefix, build: () => make('li'), update: (item, sweep) => setText(item, this.describeSweep(sweep)) });
    this.reasons = new KeyedList(byId('reasons-rows'), { key: (reason) => `${reason.source} ${reason.reason}`, build: (reason) => buildReason(reason, onReason), update: updateReason });
    this.confirmations = new KeyedList(byId('confirmations'), { key: (one) => `${one.arn} ${one.url}`, build: buildConfirmation, update: (item, one) => this.updateConfirmation(item, one) });
  }

  show() {
    const { last } = this.status;
    for (const id of ['paths-heading', 'objects-heading', 'confirmations-heading']) /** @type {HTMLElement} */ (byId(id).closest('.card')).hidden = !last?.paths;
    if (!last) return;
    this.paths.show(last.paths ?? []);
    this.showObjects(last.objects);
    this.showRejected(last.rejected);
    const confirmations = last.confirmations ?? [];
    byId('confirmations-empty').hidden = confirmations.length > 0;
    this.confirmations.show(confirmations);
  }

  /** @param {string | null} time */
  ageOf(time) {
    return time === null ? '' : formatAge(this.status.serverNowMs - Date.parse(time));
  }

  /** @param {HTMLElement} row @param {import('./ingest_status.js').Path} path */
  updatePath(row, path) {
    const [name, events, duplicates, rejected, lag] = row.children;
    setText(/** @type {Element} */ (name.lastElementChild), path.last_received_at === null ? 'nothing yet' : `${this.ageOf(path.last_received_at)} ago`);
    setText(events, formatCount(path.events));
    const elsewhere = path.duplicates_elsewhere > 0 ? `${formatCount(path.duplicates_elsewhere)} by another way` : '';
    setText(/** @type {Element} */ (duplicates.firstElementChild), formatCount(path.duplicates));
    setText(/** @type {Element} */ (duplicates.lastElementChild), elsewhere);
    setText(rejected, formatCount(path.rejected));
    setText(lag, path.lag_s === null ? '–' : formatDelay(path.lag_s));
    row.classList.toggle('is-quiet', path.last_received_at === null);
  }

  /** @param {import('./ingest_status.js').Status['objects']} objects */
  showObjects(objects) {
    if (!objects) return;
    const used = objects.found_by.filter((counts) => counts.announced + counts.waiting + counts.reading + counts.failed > 0);
    const queue = [[objects.waiting, 'waiting'], [objects.reading, 'being read'], [objects.failed, 'failed'], [objects.missing, 'missing']]
      .filter(([count]) => Number(count) > 0).map(([count, word]) => `${formatCount(Number(count))} ${word}`);
    const oldest = objects.oldest_waiting_at ? `, the oldest for ${this.ageOf(objects.oldest_waiting_at)}` : '';
    const nothing = used.length === 0 && objects.sweeps.length === 0;
    setText(byId('objects-summary'), nothing ? 'No object was announced in the last 24 hours.' : queue.length ? `${queue.join(', ')}${oldest}.` : 'Everything that was announced has been read.');
    byId('objects-table').hidden = used.length === 0;
    byId('objects-trouble').hidden = objects.failed + objects.missing === 0;
    this.finders.show(used);
    this.sweeps.show(objects.sweeps);
  }

  /** @param {import('./ingest_status.js').Sweep} sweep */
  describeSweep(sweep) {
    const when = sweep.finished_at ? `swept ${this.ageOf(sweep.finished_at)} ago` : `being swept since ${this.ageOf(sweep.started_at)}`;
    const found = `${formatCount(sweep.objects)} objects, ${formatCount(sweep.missing)} had been missed (${formatCount(sweep.missing_total)} ever)`;
    return `${sweep.prefix}: ${when}, ${found}${sweep.error ? `. Failed: ${sweep.error}` : ''}`;
  }

  /** @param {import('./ingest_status.js').Status['rejected']} rejected */
  showRejected(rejected) {
    if (!rejected) return;
    setText(byId('rejected-summary'), rejected.count === 0 ? 'Nothing was rejected in the last 24 hours.'
      : `${formatCount(rejected.count)} in the last 24 hours, ${formatCount(rejected.open)} of them open.`);
    byId('reasons-table').hidden = rejected.reasons.length === 0;
    this.reasons.show(rejected.reasons);
  }

  /** @param {HTMLElement} item @param {import('./ingest_status.js').Confirmation} confirmation */
  updateConfirmation(item, confirmation) {
    const reason = confirmation.reason ? ` ${confirmation.reason}` : '';
    setText(/** @type {Element} */ (item.querySelector('.quiet')), `${STATES[confirmation.state] ?? confirmation.state}, asked ${this.ageOf(confirmation.asked_at)} ago.${reason}`);
  }
}

/** @type {Record<string, string>} */
const STATES = { waiting: 'The server opens its link', failed: 'The server could not open its link', operator: 'Not allowed by the settings: a person may open its link' };

/** @param {number} cells */
function buildRow(cells) {
  const row = make('tr');
  const name = make('th');
  name.scope = 'row';
  row.append(name, ...Array.from({ length: cells - 1 }, () => make('td')));
  return row;
}

/** @param {import('./ingest_status.js').Path} path */
function buildPath(path) {
  const row = buildRow(5);
  row.children[0].append(make('span', '', pathWord(path.path)), make('span', 'quiet'));
  row.children[2].append(make('span'), make('span', 'quiet'));
  return row;
}

/** @param {HTMLElement} row @param {import('./ingest_status.js').ObjectCounts} counts */
function updateFinder(row, counts) {
  const texts = [finderWord(counts.found_by), ...[counts.announced, counts.read, counts.waiting + counts.reading, counts.failed, counts.missing].map(formatCount)];
  texts.forEach((text, at) => setText(row.children[at], text));
}

/** @param {import('./ingest_status.js').Reason} reason @param {(reason: import('./ingest_status.js').Reason) => void} onReason */
function buildReason(reason, onReason) {
  const row = buildRow(4);
  const button = make('button', 'link-button', reason.reason);
  button.type = 'button';
  button.title = 'List these';
  button.addEventListener('click', () => onReason(reason));
  row.children[0].append(button);
  return row;
}

/** @param {HTMLElement} row @param {import('./ingest_status.js').Reason} reason */
function updateReason(row, reason) {
  [pathWord(reason.source), formatCount(reason.count), formatCount(reason.open)].forEach((text, at) => setText(row.children[at + 1], text));
}

/** The link is shown only when it leads to AWS over https, whatever the server says. @param {import('./ingest_status.js').Confirmation} confirmation */
function buildConfirmation(confirmation) {
  const item = make('li', 'with-action');
  const what = confirmation.kind === 'subscription' ? 'Subscription of' : 'Destination';
  item.append(make('span', '', `${what} ${confirmation.arn}`), make('span', 'quiet'));
  if (isOfAws(confirmation.url)) {
    const link = make('a', 'action', 'Open at AWS');
    link.href = confirmation.url;
    link.target = '_blank';
    link.rel = 'noopener noreferrer';
    item.append(link);
  }
  return item;
}

/** @param {string} url */
function isOfAws(url) {
  const { protocol, hostname } = URL.canParse(url) ? new URL(url) : { protocol: '', hostname: '' };
  return protocol === 'https:' && /\.amazonaws\.com(\.cn)?$/.test(hostname);
}
