// Many senders at once that keep what was acknowledged, and the proof that all of it was stored once.
import assert from 'node:assert/strict';
import { iotEvent, sleep } from './program.js';

const START = Math.floor(Date.now() / 1000) - 3600;

/** Posts until stopped, each sender one event after the other, and delivers again whatever was not answered 200. */
export class Senders {
  constructor(program, count) {
    this.program = program;
    this.acknowledged = new Set();
    this.statuses = new Map();
    this.isOver = false;
    this.finished = Promise.all(Array.from({ length: count }, (_, i) => this.#send(i)));
  }

  async #send(sender) {
    for (let version = 1; !this.isOver; version += 1) {
      await this.#deliver(`${this.program.tag}_${sender}`, version);
    }
  }

  async #deliver(vehicle, version) {
    while (!this.isOver) {
      const answer = await this.program.post(iotEvent({ vehicle, version, seconds: START + version })).catch(() => null);
      const status = answer?.status ?? 'cut';
      this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
      if (status === 200) {
        this.acknowledged.add(`${vehicle}/${version}`);
        return;
      }
      assert.equal(['cut', 503].includes(status), true, `${status}: ${JSON.stringify(answer?.body)}`);
      if (status === 503) {
        assert.match(answer.headers.get('retry-after'), /^[1-9][0-9]*$/);
      }
      await sleep(20);
    }
  }

  async stop() {
    this.isOver = true;
    await this.finished;
  }
}

export async function assertAllStoredOnce(program, senders) {
  const rows = await program.sql(`SELECT name || '/' || version, count(*) FROM breadcrumb JOIN vehicle USING (vehicle_id)
    WHERE name LIKE '${program.tag}\\_%' GROUP BY 1`);
  const stored = new Map(rows);
  for (const key of senders.acknowledged) {
    assert.equal(stored.get(key), '1', `${key} was acknowledged`);
  }
  const [[newest]] = await program.sql(`SELECT count(*) FROM position p WHERE (recorded_at, version) <
    (SELECT recorded_at, version FROM breadcrumb b WHERE b.vehicle_id = p.vehicle_id AND flags = 0 ORDER BY recorded_at DESC, version DESC LIMIT 1)`);
  assert.equal(newest, '0', 'every position is the newest breadcrumb');
}
