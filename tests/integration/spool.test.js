// The database is away, and no delivery is refused or lost: they wait in DATA/spool.sqlite and are stored once when it is back.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { makeCluster } from './support/cluster.js';
import { postmaster, withHangingDatabase } from './support/postmaster.js';
import { Program, eventually, iotEvent, makeDataFolder, run, sleep } from './support/program.js';
import { Senders, assertAllStoredOnce } from './support/senders.js';

const NOW = Math.floor(Date.now() / 1000);
const PATIENCE = { timeoutMs: 60_000 };

const waiting = (program) => program.metric('crumbtrail_spool_entries').catch(() => undefined);
const empty = (program) => eventually(async () => (await waiting(program)) === 0, { ...PATIENCE, what: 'an empty spool' });
const readyz = async (program) => {
  const answer = await fetch(`${program.admin}/readyz`);
  return { status: answer.status, text: await answer.text() };
};
const isSpooling = async (program) => /spooling/.test((await readyz(program)).text);
const stopDatabase = async (control, program, how = 'fast') => {
  await control('stop', '-m', how);
  await eventually(() => isSpooling(program), { ...PATIENCE, what: 'spooling' });
};
const startAgain = async (program) => {
  program.exit = undefined;
  await program.start();
};
const ofVehicle = (program, name, columns) => program.sql(
  `SELECT ${columns} FROM breadcrumb JOIN vehicle USING (vehicle_id) WHERE name = '${name}' ORDER BY recorded_at, version`);

/** So many events of one vehicle, each its own delivery, all answered 200. */
async function spoolMany(program, vehicle, count) {
  for (let from = 1; from <= count; from += 200) {
    const answers = await Promise.all(Array.from({ length: Math.min(200, count - from + 1) }, (_, i) =>
      program.post(iotEvent({ vehicle, version: from + i, seconds: NOW - 50_000 + from + i }))));
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
  }
}

describe('the database stopped', () => {
  it('under load: every delivery is answered 200 and stored once, while new ones come', { timeout: 180_000 }, async () => {
    const { control, database } = await makeCluster();
    const program = new Program({ database });
    program.tag = 'spooled';
    await program.start();
    const senders = new Senders(program, 16);
    for (const how of ['fast', 'immediate']) {
      await sleep(500);
      await stopDatabase(control, program, how);
      const before = await program.metric('crumbtrail_spool_kept_total');
      await eventually(async () => (await program.metric('crumbtrail_spool_kept_total')) > before + 200, { ...PATIENCE, what: 'spooled deliveries' });
      assert.deepEqual(await readyz(program), { status: 200, text: 'ready, spooling: the database is away\n' });
      await control('start');
      await empty(program); // while the senders go on
    }
    const after = senders.acknowledged.size;
    await eventually(() => senders.acknowledged.size > after + 50, { ...PATIENCE, what: 'deliveries after the outages' });
    await senders.stop();
    assert.deepEqual([...senders.statuses.keys()], [200], JSON.stringify([...senders.statuses]));
    await empty(program);
    await assertAllStoredOnce(program, senders);
    assert.equal(await program.metric('crumbtrail_spool_drained_total') >= 400, true);
    await eventually(async () => (await readyz(program)).text === 'ready\n', { ...PATIENCE, what: 'all well again' });
    assert.equal(await program.stop(), 0);
  });

  it('keeps what makes an event: its time of arrival, its rejects, its counts', { timeout: 120_000 }, async () => {
    const { control, database } = await makeCluster();
    const program = await new Program({ database }).start();
    await stopDatabase(control, program);
    const arrived = Date.now();
    const timeless = { thingName: 'timeless', latitude: 45.5, longitude: -122.6 };
    const bad = { thingName: 'timeless', latitude: 99, longitude: 1 };
    const mixed = await program.post([timeless, bad, iotEvent({ vehicle: 'timed', seconds: NOW - 5 })]);
    assert.equal(mixed.status, 200);
    const { stored, duplicates, rejected, spooled } = mixed.body;
    assert.deepEqual({ stored, duplicates, rejected, spooled }, { stored: 0, duplicates: 0, rejected: 1, spooled: 2 });
    assert.equal((await program.post({ ...bad, latitude: 98 })).status, 400);
    assert.equal((await program.post(iotEvent({ vehicle: 'timed', seconds: NOW - 5 }))).body.spooled, 1);
    assert.equal((await program.post([])).status, 400, 'nothing to spool');
    assert.equal(await waiting(program), 3);
    const oldest = await program.metric('crumbtrail_spool_oldest_timestamp_seconds');
    assert.equal(Math.abs(oldest - arrived / 1000) < 60, true);
    await sleep(2500);
    await control('start');
    await empty(program);
    const [[late, same]] = await ofVehicle(program, 'timeless', `extract(epoch FROM recorded_at) * 1000 - ${arrived}, recorded_at = received_at`);
    assert.equal(Number(late) < 2000, true, `${late} ms after its arrival`);
    assert.equal(same, 't');
    assert.equal((await ofVehicle(program, 'timed', 'version')).length, 1);
    assert.deepEqual(await program.sql('SELECT count(*), bool_and(source = 1) FROM rejected'), [['2', 't']]);
    assert.deepEqual(await program.sql('SELECT deliveries, stored, duplicates, rejected, last_lag_s > 2 FROM ingest_path'), [['3', '2', '1', '2', 't']]);
    assert.equal(await program.stop(), 0);
  });

  it('answers 503 beyond the limit, and loses nothing', { timeout: 120_000 }, async () => {
    const { control, database } = await makeCluster();
    const program = await new Program({ database, flags: ['--spool-max-bytes', '20000'] }).start();
    await stopDatabase(control, program);
    const statuses = [];
    let refused;
    for (let version = 1; version <= 40; version += 1) {
      const answer = await program.post(iotEvent({ vehicle: 'limited', version, seconds: NOW - 1000 + version }));
      statuses.push(answer.status);
      refused ??= answer.status === 503 ? answer : undefined;
    }
    const taken = statuses.filter((status) => status === 200).length;
    assert.equal(taken > 5 && taken < 40 && statuses.slice(0, taken).every((status) => status === 200), true, statuses.join(' '));
    assert.match(refused.headers.get('retry-after'), /^[1-9]\d*$/);
    assert.equal(await waiting(program), taken);
    assert.equal(await program.metric('crumbtrail_spool_refused_total'), 40 - taken);
    assert.equal(await program.metric('crumbtrail_spool_bytes') <= 20000, true);
    await control('start');
    await empty(program);
    assert.equal((await ofVehicle(program, 'limited', 'version')).length, taken);
    assert.equal(await program.stop(), 0);
  });

  it('answers 503 when the disk is full, and loses nothing', { timeout: 120_000 }, async (context) => {
    const data = makeDataFolder();
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=20m,mode=755', 'crumbtrail-test', data], { stdio: 'ignore' });
    } catch {
      context.skip('a small file system cannot be mounted here');
      return;
    }
    try {
      const { control, database } = await makeCluster();
      const program = await new Program({ data, database }).start();
      await stopDatabase(control, program);
      const acknowledged = [];
      let refused = 0;
      for (let version = 1; refused === 0; version += 1) {
        const { status } = await program.post(iotEvent({ vehicle: 'full_disk', version, seconds: NOW - 5000 + version }));
        assert.equal(status === 200 || status === 503, true);
        acknowledged.push(...(status === 200 ? [String(version)] : []));
        refused += status === 503 ? 1 : 0;
        assert.equal(version < 5000, true, 'the disk is full at last');
      }
      assert.match(program.log, /event=spool_not_written .*left on the disk of/);
      await control('start');
      await empty(program);
      assert.equal((await program.post(iotEvent({ vehicle: 'full_disk', version: 9999, seconds: NOW }))).body.stored, 1);
      const stored = (await ofVehicle(program, 'full_disk', 'version')).flat();
      assert.deepEqual(acknowledged.filter((version) => !stored.includes(version)), []);
      assert.equal(await program.stop(), 0);
    } finally {
      execFileSync('umount', ['-l', data]);
    }
  });
});

describe('kill -9', () => {
  it('while spooling, and while draining', { timeout: 240_000 }, async () => {
    const { control, database } = await makeCluster();
    const program = new Program({ database });
    program.tag = 'killed_spool';
    await program.start();
    await stopDatabase(control, program);
    const senders = new Senders(program, 16);
    await eventually(async () => (await waiting(program)) > 300, { ...PATIENCE, what: 'a spool' });
    await program.kill();
    await control('start');
    await startAgain(program);
    await empty(program);
    // A spool that takes a while to drain, killed again and again on the way.
    await stopDatabase(control, program);
    await spoolMany(program, 'killed_drain', 6000);
    await control('start');
    let kills = 0;
    for (; kills < 5; kills += 1) {
      const full = await waiting(program);
      await eventually(async () => { const left = await waiting(program); return left < full || left === 0; }, { ...PATIENCE, everyMs: 2, what: 'draining' });
      await program.kill();
      await startAgain(program);
    }
    await empty(program);
    await senders.stop();
    assert.deepEqual([...senders.statuses.keys()].filter((status) => ![200, 'cut'].includes(status)), []);
    await assertAllStoredOnce(program, senders);
    assert.deepEqual(await program.sql(`SELECT count(*), count(DISTINCT version) FROM breadcrumb JOIN vehicle USING (vehicle_id) WHERE name = 'killed_drain'`),
      [['6000', '6000']]);
    assert.equal(await program.stop(), 0);
  });

  it('of the embedded cluster under load: every 200 is stored once', { timeout: 120_000 }, async () => {
    const program = new Program();
    program.tag = 'embedded_spool';
    await program.start();
    const senders = new Senders(program, 16);
    for (const signal of ['SIGQUIT', 'SIGKILL']) {
      await sleep(500);
      const pid = postmaster(program);
      process.kill(pid, signal);
      await eventually(() => isSpooling(program), { ...PATIENCE, everyMs: 5, what: 'spooling' });
      await eventually(async () => !(await isSpooling(program)), { ...PATIENCE, what: 'the cluster again' });
    }
    await senders.stop();
    await empty(program);
    assert.deepEqual([...senders.statuses.keys()], [200], JSON.stringify([...senders.statuses]));
    await assertAllStoredOnce(program, senders);
    assert.equal(await program.stop(), 0);
  });
});

describe('a database that hangs', () => {
  it('takes nothing for a second: deliveries go to disk', { timeout: 120_000 }, async () => {
    const program = await new Program().start();
    assert.equal((await program.post(iotEvent({ vehicle: 'hung', version: 1, seconds: NOW }))).body.stored, 1);
    const inFlight = await withHangingDatabase(program, async () => {
      const first = program.post(iotEvent({ vehicle: 'hung', version: 2, seconds: NOW + 1 }));
      const behind = sleep(100).then(() => program.post(iotEvent({ vehicle: 'hung', version: 3, seconds: NOW + 2 })));
      assert.equal((await behind).body.spooled, 1, 'what waits behind it is relieved');
      assert.equal((await program.post(iotEvent({ vehicle: 'hung', version: 4, seconds: NOW + 3 }))).body.spooled, 1, 'what comes now goes to disk at once');
      assert.equal(await isSpooling(program), true);
      return first;
    });
    assert.equal(inFlight.status, 200);
    await empty(program);
    assert.deepEqual(await ofVehicle(program, 'hung', 'version'), [['1'], ['2'], ['3'], ['4']]);
    assert.equal(await program.stop(), 0);
  });

  it('a stop while statements hang behind a lock: what waited is on disk, and stored at the next start', { timeout: 120_000 }, async () => {
    const program = await new Program().start();
    assert.equal((await program.post(iotEvent({ vehicle: 'locked', version: 1, seconds: NOW }))).status, 200);
    const locked = program.sql('BEGIN; LOCK TABLE breadcrumb IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(40)').catch(() => null);
    await sleep(300);
    const asked = program.post(iotEvent({ vehicle: 'locked', version: 2, seconds: NOW + 1 })).catch(() => null);
    await sleep(300);
    assert.equal(await program.stop(), 0);
    const answer = await asked;
    assert.equal(answer === null || answer.body.spooled === 1, true, JSON.stringify(answer?.body));
    await locked;
    await startAgain(program);
    await empty(program);
    assert.deepEqual(await ofVehicle(program, 'locked', 'version'), [['1'], ['2']]);
    assert.equal(await program.stop(), 0);
  });
});

describe('the file', () => {
  it('survives a stop, and is drained at the next start', { timeout: 120_000 }, async () => {
    const { control, database } = await makeCluster();
    const program = await new Program({ database }).start();
    await stopDatabase(control, program);
    await spoolMany(program, 'restarted', 1000);
    assert.equal(await program.stop(), 0);
    await control('start');
    await startAgain(program);
    await empty(program);
    assert.equal((await ofVehicle(program, 'restarted', 'version')).length, 1000);
    assert.equal(await program.stop(), 0);
  });

  it('of the first version, with a row for each delivery, is taken over', { timeout: 120_000 }, async () => {
    const data = makeDataFolder();
    const rows = Array.from({ length: 40 }, (_, i) => {
      const body = JSON.stringify(iotEvent({ vehicle: 'taken_over', version: i + 1, seconds: NOW - 100 + i }));
      return `INSERT INTO entry VALUES (${i + 1}, 1, 1, 0, ${(NOW - 50) * 1e6}, '', 'request-${i}', CAST('${body}' AS BLOB));`;
    });
    execFileSync('sqlite3', [path.join(data, 'spool.sqlite')], { input: `PRAGMA journal_mode = WAL; CREATE TABLE entry (
      entry_id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, source INTEGER NOT NULL, is_continuation INTEGER NOT NULL,
      received_at_us INTEGER NOT NULL, vehicle_hint TEXT NOT NULL, request_id TEXT NOT NULL, body BLOB NOT NULL) STRICT;
      ${rows.join('\n')} PRAGMA user_version = 1;` });
    const { control, database } = await makeCluster();
    const program = await new Program({ data, database }).start();
    await empty(program);
    await stopDatabase(control, program);
    assert.equal((await program.post(iotEvent({ vehicle: 'taken_over', version: 41, seconds: NOW }))).body.spooled, 1);
    await control('start');
    await empty(program);
    assert.deepEqual((await ofVehicle(program, 'taken_over', 'version')).map(([version]) => Number(version)), Array.from({ length: 41 }, (_, i) => i + 1));
    assert.deepEqual(await program.sql('SELECT deliveries, stored FROM ingest_path'), [['41', '41']]);
    assert.equal(await program.stop(), 0);
  });

  it('belongs to one server', { timeout: 120_000 }, async () => {
    const program = await new Program().start();
    const { code, err } = await run(['serve', '--data', program.data, '--database', `host=${path.join(program.data, 'run')} dbname=crumbtrail user=${process.getuid() === 0 ? 'postgres' : process.env.USER}`,
      '--listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0', '--ingest-key', 'a-key-of-some-length']);
    assert.equal(code, 1);
    assert.match(err, /field=data .*spool\.sqlite is in use by another crumbtrail/);
    assert.equal(await program.stop(), 0);
  });

  for (const [what, damage] of [
    ['is no spool', (file) => fs.writeFileSync(file, 'this is not a database, whatever its name says'.repeat(100))],
    ['is damaged', (file) => {
      const handle = fs.openSync(file, 'r+');
      for (let page = 1; page < 6; page += 1) {
        fs.writeSync(handle, Buffer.alloc(3000, 0x5a), 0, 3000, page * 4096);
      }
      fs.closeSync(handle);
    }],
  ]) {
    it(`that ${what} is moved aside and kept, and said so`, { timeout: 120_000 }, async () => {
      const { control, database } = await makeCluster();
      const program = await new Program({ database }).start();
      await stopDatabase(control, program);
      await spoolMany(program, 'damaged', 200);
      assert.equal(await program.stop(), 0);
      const file = path.join(program.data, 'spool.sqlite');
      damage(file);
      const bytes = fs.readFileSync(file);
      await control('start');
      program.log = '';
      await startAgain(program);
      assert.match(program.log, / error event=spool_damaged/);
      assert.match(program.log, /event=spool_moved_aside file=\S*spool-damaged-\d+\.sqlite/);
      assert.equal(await program.metric('crumbtrail_spool_damaged_files'), 1);
      const [kept] = fs.readdirSync(program.data).filter((name) => /^spool-damaged-\d+\.sqlite$/.test(name));
      assert.deepEqual(fs.readFileSync(path.join(program.data, kept)), bytes);
      // And there is a new one.
      await stopDatabase(control, program);
      assert.equal((await program.post(iotEvent({ vehicle: 'after_damage', seconds: NOW }))).body.spooled, 1);
      await control('start');
      await empty(program);
      assert.equal((await ofVehicle(program, 'after_damage', 'version')).length, 1);
      assert.equal(await program.stop(), 0);
    });
  }

  it('that is damaged can be recovered in part, as the documentation says', { timeout: 120_000 }, async () => {
    const { control, database } = await makeCluster();
    const program = await new Program({ database }).start();
    await stopDatabase(control, program);
    await spoolMany(program, 'recovered', 200);
    assert.equal(await program.stop(), 0);
    const handle = fs.openSync(path.join(program.data, 'spool.sqlite'), 'r+');
    fs.writeSync(handle, Buffer.alloc(3000, 0x5a), 0, 3000, 20 * 4096);
    fs.closeSync(handle);
    await control('start');
    await startAgain(program);
    assert.equal(await program.metric('crumbtrail_spool_damaged_files'), 1);
    assert.equal(await program.stop(), 0);
    const [command] = /rm -f DATA.*\n.*DATA\/spool.sqlite\n/.exec(fs.readFileSync('deploy/database.md', 'utf8'));
    const [kept] = fs.readdirSync(program.data).filter((name) => /^spool-damaged-\d+\.sqlite$/.test(name));
    execFileSync('sh', ['-e', '-c', command.replaceAll('spool-damaged-TIME.sqlite', kept).replaceAll('DATA', program.data)]);
    await startAgain(program);
    await empty(program);
    const recovered = (await ofVehicle(program, 'recovered', 'version')).length;
    assert.equal(recovered > 150 && recovered < 200, true, `${recovered} of 200`);
    assert.equal(await program.stop(), 0);
  });

  it('that cannot be made is an error at the start, which says what to do', { timeout: 120_000 }, async () => {
    const { database } = await makeCluster();
    const { code, err } = await run(['serve', '--data', '/proc/nothing', '--database', database, '--listen', '127.0.0.1:0',
      '--admin-listen', '127.0.0.1:0', '--ingest-key', 'a-key-of-some-length']);
    assert.equal(code, 1);
    assert.match(err, /field=data detail="cannot write \/proc\/nothing\/spool\.sqlite: .*choose another --data, or do without the spool/);
  });
});
