// Under load, with the database stopped and started and the server killed and restarted: every 200 is in the database, once.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { it } from 'node:test';
import { Program, eventually, iotEvent, sleep } from './support/program.js';

const START = Math.floor(Date.now() / 1000) - 3600;

/** Posts until stopped, each sender one event after the other, and delivers again whatever was not answered 200. */
class Senders {
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

async function assertAllStoredOnce(program, senders) {
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

function runAsOwner(command, args) {
  const user = process.getuid() === 0 ? ['runuser', ['-u', 'postgres', '--', command]] : [command, []];
  execFileSync(user[0], [...user[1], ...args], { cwd: '/', stdio: 'ignore' });
}

it('the database stopped and started under load', { timeout: 120_000 }, async () => {
  const owner = new Program();
  await owner.start();
  assert.equal(await owner.stop(), 0);
  // Its cluster, run by the test from here on.
  const cluster = path.join(owner.data, 'postgres');
  const control = (...args) => runAsOwner('/usr/lib/postgresql/15/bin/pg_ctl',
    ['-D', cluster, '-w', '-l', path.join(cluster, 'test.log'), '-o', `-c listen_addresses='' -c unix_socket_directories='${path.join(owner.data, 'run')}'`, ...args]);
  control('start');
  const user = process.getuid() === 0 ? 'postgres' : process.env.USER;
  const program = new Program({ database: `host=${path.join(owner.data, 'run')} dbname=crumbtrail user=${user}` });
  program.tag = 'outage';
  await program.start();
  const senders = new Senders(program, 16);
  for (const how of ['fast', 'immediate']) {
    await sleep(700);
    control('stop', '-m', how);
    await sleep(700);
    control('start');
  }
  const before = senders.acknowledged.size;
  await eventually(() => senders.acknowledged.size > before + 100, { timeoutMs: 30_000, what: 'a hundred events after the outages' });
  await senders.stop();
  assert.equal(senders.statuses.get(503) > 0, true, JSON.stringify([...senders.statuses]));
  await assertAllStoredOnce(program, senders);
  assert.equal(await program.stop(), 0);
  control('stop', '-m', 'fast');
  assert.equal(fs.existsSync(path.join(cluster, 'postmaster.pid')), false);
});

it('the server killed and restarted under load', { timeout: 120_000 }, async () => {
  const program = new Program();
  program.tag = 'killed';
  await program.start();
  const senders = new Senders(program, 16);
  for (let round = 0; round < 3; round += 1) {
    await sleep(700);
    await program.kill();
    program.exit = undefined;
    await program.start();
  }
  await sleep(500);
  await senders.stop();
  assert.equal(senders.statuses.get('cut') > 0, true, JSON.stringify([...senders.statuses]));
  assert.equal(senders.acknowledged.size > 100, true);
  await assertAllStoredOnce(program, senders);
  assert.equal(await program.stop(), 0);
});

it('stops by SIGTERM under load: what was acknowledged is stored, and nothing hangs', { timeout: 60_000 }, async () => {
  const program = new Program();
  program.tag = 'stopped';
  await program.start();
  const senders = new Senders(program, 16);
  await sleep(700);
  const started = Date.now();
  assert.equal(await program.stop(), 0);
  assert.equal(Date.now() - started < 10_000, true);
  await senders.stop();
  program.exit = undefined;
  await program.start();
  await assertAllStoredOnce(program, senders);
  assert.equal(await program.stop(), 0);
});

it('stops by SIGTERM in time although statements hang behind a lock', { timeout: 60_000 }, async () => {
  const program = new Program();
  await program.start();
  assert.equal((await program.post(iotEvent({ vehicle: 'locked_1', version: 1 }))).status, 200);
  const locked = program.sql("BEGIN; LOCK TABLE breadcrumb IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(40)").catch(() => null);
  await sleep(300);
  const asked = Promise.allSettled([program.get('/v1/positions'), program.get('/v1/positions/changes'),
    program.post(iotEvent({ vehicle: 'locked_1', version: 2 }))]);
  await sleep(300);
  const started = Date.now();
  assert.equal(await program.stop(), 0);
  const took = Date.now() - started;
  assert.equal(took < 10_000, true, `${took} ms`);
  for (const { value } of await asked) {
    assert.equal(value === undefined || value.status === 503, true, JSON.stringify(value));
  }
  await locked;
});
