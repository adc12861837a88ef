// `crumbtrail migrate`, and what the server says to a schema that it does not know.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { freePort, makeDataFolder, Program, psql, run } from './support/program.js';

let host;
let count = 0;
before(async () => {
  host = await new Program().start();
});
after(() => host?.stop());

/** A new, empty database of the embedded cluster; gives its libpq keywords. */
async function emptyDatabase() {
  count += 1;
  await host.sql(`CREATE DATABASE migrate_${count} TEMPLATE template0`);
  return `host=${path.join(host.data, 'run')} user=postgres dbname=migrate_${count}`;
}
const migrate = (database) => run(['migrate', '--database', database]);

async function serve(database) {
  return run(['serve', '--data', makeDataFolder(), '--database', database, '--listen', `127.0.0.1:${await freePort()}`,
    '--admin-listen', `127.0.0.1:${await freePort()}`], { timeoutMs: 30_000 });
}

test('applies everything once, and says so', async () => {
  const database = await emptyDatabase();
  assert.equal((await migrate(database)).code, 0);
  const rows = await psql(database, 'SELECT version, name, length(sha256) FROM schema_migration ORDER BY version');
  assert.deepEqual(rows[0], ['1', '0001_fleet.sql', '64']);
  const again = await migrate(database);
  assert.equal(again.code, 0);
  assert.deepEqual(await psql(database, 'SELECT version, name, length(sha256) FROM schema_migration ORDER BY version'), rows);
});

test('several at the same time apply everything once', async () => {
  const database = await emptyDatabase();
  const results = await Promise.all([migrate(database), migrate(database), migrate(database)]);
  assert.deepEqual(results.map((result) => result.code), [0, 0, 0], results.map((result) => result.err).join('\n'));
});

test('serve on an empty database says to migrate first', async () => {
  const { code, err } = await serve(await emptyDatabase());
  assert.notEqual(code, 0);
  assert.match(err, /lacks migration 0001_fleet\.sql: run `crumbtrail migrate`/);
});

test('a changed migration is refused by both', async () => {
  const database = await emptyDatabase();
  await migrate(database);
  await psql(database, "UPDATE schema_migration SET sha256 = repeat('0', 64) WHERE version = 1");
  for (const { code, err } of [await migrate(database), await serve(database)]) {
    assert.notEqual(code, 0);
    assert.match(err, /0001_fleet\.sql was changed after it had been applied/);
  }
});

test('a newer schema is refused by both', async () => {
  const database = await emptyDatabase();
  await migrate(database);
  await psql(database, "INSERT INTO schema_migration VALUES (9999, '9999_future.sql', repeat('0', 64), now())");
  for (const { code, err } of [await migrate(database), await serve(database)]) {
    assert.notEqual(code, 0);
    assert.match(err, /newer than this program: it holds migration 9999_future\.sql/);
  }
});

test('a role without rights is told what to do', async () => {
  const database = await emptyDatabase();
  await psql(database, "DO $$ BEGIN CREATE ROLE powerless LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
  const { code, err } = await migrate(database.replace('user=postgres', 'user=powerless'));
  assert.notEqual(code, 0);
  assert.match(err, /ALTER DATABASE .* OWNER TO|CREATE EXTENSION postgis/);
});

test('a failed migration leaves nothing behind', async () => {
  const database = await emptyDatabase();
  await psql(database, 'CREATE TABLE position (n int)');
  const { code, err } = await migrate(database);
  assert.notEqual(code, 0);
  assert.match(err, /0001_fleet\.sql line \d+: relation ."?position."? already exists/);
  assert.deepEqual(await psql(database, "SELECT to_regclass('vehicle') IS NULL"), [['t']]);
  assert.deepEqual(await psql(database, 'SELECT count(*) FROM schema_migration'), [['0']]);
});
