// Under load, with the database stopped and started and the server killed and restarted: every 200 is in the database, once.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { it } from 'node:test';
import { makeCluster } from './support/cluster.js';
import { Program, eventually, iotEvent, sleep } from './support/program.js';
import { Senders, assertAllStoredOnce } from './support/senders.js';

it('the database stopped and started under load, without a spool', { timeout: 120_000 }, async () => {
  const { control, folder, database } = await makeCluster();
  const program = new Program({ database, flags: ['--spool-max-bytes', '0'] });
  program.tag = 'outage';
  await program.start();
  const senders = new Senders(program, 16);
  for (const how of ['fast', 'immediate']) {
    await sleep(700);
    await control('stop', '-m', how);
    await sleep(700);
    await control('start');
  }
  const before = senders.acknowledged.size;
  await eventually(() => senders.acknowledged.size > before + 100, { timeoutMs: 30_000, what: 'a hundred events after the outages' });
  await senders.stop();
  assert.equal(senders.statuses.get(503) > 0, true, JSON.stringify([...senders.statuses]));
  await assertAllStoredOnce(program, senders);
  assert.equal(await program.stop(), 0);
  await control('stop', '-m', 'fast');
  assert.equal(fs.existsSync(path.join(folder, 'postmaster.pid')), false);
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
  const program = new Program({ flags: ['--spool-max-bytes', '0'] });
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
