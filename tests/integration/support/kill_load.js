// Load over every way in at once, each sender delivering again what was not acknowledged, and the books of what was sent and
// acknowledged, by which the database is judged afterwards.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

import { firehoseObject, ruleObject, s3Notification } from './fleet_objects.js';
import { INGEST_KEY, iotEvent, sleep } from './program.js';
import { postSns } from './sns_authority.js';

const START = Math.floor(Date.now() / 1000) - 3600;
const ANSWER_TIMEOUT_MS = 60_000;

const keyOf = (event) => `${event.thingnm}/${event.current.version}`;

export class KillLoad {
  /** @param {{program: import('./program.js').Program, store: import('./fake_s3.js').FakeS3, queue: import('./fake_sqs.js').FakeSqs,
   *   authority: import('./sns_authority.js').SnsAuthority, random: ReturnType<typeof import('./random.js').seeded>, hasFirehose: boolean}} world */
  constructor(world) {
    Object.assign(this, world);
    this.sent = new Set(); // vehicle/version of every event that left us
    this.acknowledged = new Set(); // those that were answered 200
    this.objects = new Map(); // key -> true when its announcement was acknowledged
    this.statuses = new Map();
    this.recent = [];
    this.versions = new Map();
    this.objectNumber = 0;
    this.isPaused = true;
    this.isOver = false;
    this.busy = 0;
  }

  start() {
    const ways = { single: this.sendSingle, array: this.sendArray, sns: this.sendSns, webhook: this.announceByWebhook,
      snsObjects: this.announceBySns, sqs: this.announceBySqs, quiet: this.putQuietly, ...(this.hasFirehose ? { firehose: this.sendFirehose } : {}) };
    this.isPaused = false;
    this.finished = Promise.all(Object.entries(ways).flatMap(([way, send]) => [0, 1].map((i) => this.#run(send.bind(this), `kill_${way}_${i}`))));
    this.finished.catch((error) => { this.failure = error; });
  }

  async #run(send, vehicle) {
    while (!this.isOver) {
      if (this.isPaused) {
        await sleep(20);
        continue;
      }
      this.busy += 1;
      await send(vehicle).finally(() => { this.busy -= 1; });
      await sleep(5 + this.random.below(40));
    }
  }

  /** Nobody sends; whatever was begun has been acknowledged. */
  async pause() {
    this.isPaused = true;
    while (this.busy > 0 && !this.failure) {
      await sleep(20);
    }
    if (this.failure) {
      throw this.failure;
    }
  }

  resume() {
    this.isPaused = false;
  }

  async stop() {
    await this.pause();
    this.isOver = true;
    await this.finished;
  }

  /** Ends at once, whatever the reason. */
  abandon() {
    this.isOver = true;
    this.isAbandoned = true;
  }

  // ---- events ----

  #nextEvents(vehicle, count) {
    const first = (this.versions.get(vehicle) ?? 0) + 1;
    this.versions.set(vehicle, first + count - 1);
    const events = Array.from({ length: count }, (_, i) => iotEvent({ vehicle, version: first + i, seconds: START + first + i }));
    events.forEach((event) => this.sent.add(keyOf(event)));
    this.recent = [...this.recent, ...events].slice(-50);
    return events;
  }

  /** New events, and some that went another way as well. */
  #mixedEvents(vehicle, count) {
    const again = this.random() < 0.3 && this.recent.length > 0 ? [this.random.of(this.recent)] : [];
    return [...this.#nextEvents(vehicle, count), ...again];
  }

  /** Calls `post` until it is answered 200; that the server, or its database, is away is the point of it all. */
  async #deliver(post) {
    while (!this.isAbandoned) {
      const answer = await post(AbortSignal.timeout(ANSWER_TIMEOUT_MS)).catch(() => null);
      const status = answer?.status ?? 'cut';
      this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
      if (status === 200) {
        return answer;
      }
      assert.equal(['cut', 503].includes(status), true, `${status}: ${JSON.stringify(answer?.body)}`);
      await sleep(20 + this.random.below(80));
    }
    throw new Error('the test has ended');
  }

  #acknowledge(events) {
    events.forEach((event) => this.acknowledged.add(keyOf(event)));
  }

  async sendSingle(vehicle) {
    const events = this.#nextEvents(vehicle, 1);
    await this.#deliver(() => this.program.post(events[0]));
    this.#acknowledge(events);
  }

  async sendArray(vehicle) {
    const events = this.#mixedEvents(vehicle, 2 + this.random.below(9));
    await this.#deliver(() => this.program.post(events));
    this.#acknowledge(events);
  }

  async sendSns(vehicle) {
    const events = this.#mixedEvents(vehicle, 1 + this.random.below(3));
    const message = this.authority.message(events, { version: this.random.of(['1', '2']) });
    await this.#deliver(() => postSns(this.program, message));
    this.#acknowledge(events);
  }

  async sendFirehose(vehicle) {
    const events = this.#mixedEvents(vehicle, 1 + this.random.below(30));
    const requestId = randomUUID();
    const body = { requestId, timestamp: Date.now(), records: events.map((event) => ({ data: Buffer.from(JSON.stringify(event)).toString('base64') })) };
    const headers = { 'x-amz-firehose-protocol-version': '1.0', 'x-amz-firehose-request-id': requestId, 'x-amz-firehose-access-key': INGEST_KEY };
    const answer = await this.#deliver(() => this.program.post(body, { path: '/ingest/firehose', key: null, headers }));
    assert.equal(answer.body.requestId, requestId);
    this.#acknowledge(events);
  }

  // ---- objects ----

  #put(vehicle, prefix = 'iot/iotfleet') {
    const events = this.#mixedEvents(vehicle, 1 + this.random.below(20));
    this.objectNumber += 1;
    const object = events.length === 1 ? ruleObject(events[0], this.random.of(['s3', 's3p']), prefix)
      : firehoseObject(events, { number: this.objectNumber, separator: this.random.of(['', '\n', ',']), members: this.random.below(3), prefix: `${prefix}/firehose` });
    this.store.put(object.key, object.body);
    this.objects.set(object.key, false);
    return { key: object.key, etag: this.store.objects.get(object.key).etag, size: object.body.length };
  }

  async announceByWebhook(vehicle) {
    const object = this.#put(vehicle);
    const eventBridge = { version: '0', 'detail-type': 'Object Created', source: 'aws.s3', detail: { bucket: { name: this.store.bucket },
      object: { key: object.key, size: object.size, etag: object.etag, sequencer: '617f08299329d189' } } };
    const body = this.random() < 0.5 ? eventBridge : s3Notification(this.store.bucket, [object]);
    await this.#deliver(() => this.program.post(body, { path: '/ingest/s3' }));
    this.objects.set(object.key, true);
  }

  async announceBySns(vehicle) {
    const object = this.#put(vehicle);
    const message = this.authority.message(s3Notification(this.store.bucket, [object]), { fields: { Subject: 'Amazon S3 Notification' } });
    await this.#deliver(() => postSns(this.program, message));
    this.objects.set(object.key, true);
  }

  async announceBySqs(vehicle) {
    this.queue.send(s3Notification(this.store.bucket, [this.#put(vehicle)]));
    await sleep(50 + this.random.below(100));
  }

  /** Nobody announces it: the sweep finds it. */
  async putQuietly(vehicle) {
    this.#put(vehicle, 'iot/iotfleet/quiet');
    await sleep(200 + this.random.below(300));
  }
}
