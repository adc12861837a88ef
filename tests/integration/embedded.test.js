// The embedded PostgreSQL cluster: made once, found again, adopted after a crash, refused where it must be.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { eventually, freePort, makeDataFolder, Program, run } from './support/program.js';

const data = makeDataFolder();
let program;
after(() => (program?.exit ? null : program?.stop()));

const pidFile = path.join(data, 'postgres', 'postmaster.pid');
const postmasterPid = () => Number(fs.readFileSync(pidFile, 'utf8').split('\n')[0]);

async function serveRefused(folder) {
  const { code, err } = await run(['serve', '--data', folder, '--listen', `127.0.0.1:${await freePort()}`,
    '--admin-listen', `127.0.0.1:${await freePort()}`], { timeoutMs: 60_000 });
  assert.notEqual(code, 0);
  return err;
}

test('an interrupted initdb leaves nothing that is in the way', async () => {
  fs.mkdirSync(path.join(data, 'postgres.new', 'base'), { recursive: true });
  fs.writeFileSync(path.join(data, 'postgres.new', 'PG_VERSION'), '15\n');
  program = await new Program({ data }).start();
  assert.ok(!fs.existsSync(path.join(data, 'postgres.new')));
});

test('a new cluster is durable, UTF-8 and reachable by its socket only', async () => {
  const settings = Object.fromEntries(await program.sql("SELECT name, setting FROM pg_settings WHERE name IN ('fsync', "
    + "'full_page_writes', 'synchronous_commit', 'listen_addresses', 'server_encoding', 'TimeZone', 'jit', 'max_locks_per_transaction')"));
  assert.deepEqual(settings, { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on', listen_addresses: '',
    server_encoding: 'UTF8', TimeZone: 'UTC', jit: 'off', max_locks_per_transaction: '1024' });
  assert.equal(fs.statSync(path.join(data, 'run')).mode & 0o777, 0o700);
  assert.equal(fs.statSync(path.join(data, 'postgres')).mode & 0o777, 0o700);
});

test('partitions exist for the days to come', async () => {
  const rows = await eventually(async () => {
    const found = await program.sql("SELECT count(*) FROM generate_series(0, 7) AS n WHERE to_regclass('breadcrumb_p' || "
      + "to_char((now() AT TIME ZONE 'UTC')::date + n, 'YYYYMMDD')) IS NOT NULL");
    return found[0][0] === '8' ? found : null;
  }, { what: 'eight partitions' });
  assert.equal(rows[0][0], '8');
});

test('a second server on the same folder is refused', async () => {
  const err = await serveRefused(data);
  assert.match(err, /another crumbtrail \(process \d+\) is using the data folder/);
  await program.sql('SELECT 1');
});

test('a graceful stop stops the cluster, and the next start has nothing to make', async () => {
  const pid = postmasterPid();
  assert.equal(await program.stop(), 0);
  assert.ok(!fs.existsSync(pidFile));
  assert.throws(() => process.kill(pid, 0));
  program = await new Program({ data }).start();
  assert.match(program.log, /embedded_started/);
  assert.doesNotMatch(program.log, /embedded_initdb|embedded_recovering|migration_applied/);
});

test('after kill -9 the running cluster is adopted', async () => {
  const pid = postmasterPid();
  await program.kill();
  process.kill(pid, 0);
  program = await new Program({ data }).start();
  assert.equal(postmasterPid(), pid);
  assert.match(program.log, /embedded_adopted/);
  assert.equal(await program.stop(), 0);
  assert.ok(!fs.existsSync(pidFile), 'an adopted cluster is stopped too');
});

test('a stale lock file, its number now another program\'s, is recognised', async () => {
  fs.writeFileSync(pidFile, `${process.pid}\n${data}/postgres\n1\n5432\n${data}/run\n\n 1 1\nready   \n`);
  fs.writeFileSync(path.join(data, 'run', '.s.PGSQL.5432.lock'), `${process.pid}\n`);
  program = await new Program({ data }).start();
  assert.match(program.log, /embedded_stale_lock/);
  process.kill(process.pid, 0);
});

test('a killed postmaster is started again', async () => {
  const pid = postmasterPid();
  process.kill(pid, 'SIGKILL');
  await eventually(async () => {
    const answer = await program.sql('SELECT 1').catch(() => null);
    return answer !== null && postmasterPid() !== pid;
  }, { timeoutMs: 60_000, what: 'a new postmaster' });
});

test('after the machine crashed (everything killed), what was committed is there', async () => {
  await program.sql("INSERT INTO setting VALUES ('kept', '1', now())");
  const pid = postmasterPid();
  await program.kill();
  process.kill(pid, 'SIGKILL');
  program = await new Program({ data }).start();
  assert.deepEqual(await program.sql("SELECT name FROM setting WHERE name = 'kept'"), [['kept']]);
});

test('a cluster of another version is refused with a sentence', async () => {
  const folder = makeDataFolder();
  fs.mkdirSync(path.join(folder, 'postgres'), { mode: 0o700 });
  fs.writeFileSync(path.join(folder, 'postgres', 'PG_VERSION'), '14\n');
  assert.match(await serveRefused(folder), /was made by PostgreSQL 14, .* version 15/);
});

test('a folder that holds something else is refused', async () => {
  const folder = makeDataFolder();
  fs.mkdirSync(path.join(folder, 'postgres'));
  fs.writeFileSync(path.join(folder, 'postgres', 'precious.txt'), 'keep me');
  assert.match(await serveRefused(folder), /holds no PostgreSQL cluster/);
  assert.ok(fs.existsSync(path.join(folder, 'postgres', 'precious.txt')));
});
