// POST /ingest/iot on the real program and a real PostGIS: what is stored, what is refused, and that nothing is lost or doubled.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { before, describe, it } from 'node:test';
import { Program, INGEST_KEY, eventually, iotEvent } from './support/program.js';

const CASES = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../cases/events');
const NOON = 1795348800 - 86400 * 30;

let program;

before(async () => {
  program = await new Program().start();
});

const counts = ({ stored, duplicates, rejected }) => ({ stored, duplicates, rejected });
const ofVehicle = (name, columns) => program.sql(
  `SELECT ${columns} FROM breadcrumb JOIN vehicle USING (vehicle_id) WHERE name = '${name}' ORDER BY recorded_at, version`);
const positionOf = (name, columns) => program.sql(
  `SELECT ${columns} FROM position JOIN vehicle USING (vehicle_id) WHERE name = '${name}'`);

describe('shapes', () => {
  for (const [file, stored] of [['documents', 1], ['documents_pretty', 0], ['accepted', 1], ['get_shadow', 1], ['bare_reported', 1],
    ['flat', 1], ['array', 1], ['back_to_back', 0], ['stale', 1], ['extra_unknown', 1], ['extra_numbers', 1], ['extra_escapes', 0]]) {
    it(`takes ${file}`, async () => {
      const answer = await program.post(fs.readFileSync(path.join(CASES, `${file}.input`)));
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      assert.equal(answer.body.stored >= stored, true, JSON.stringify(answer.body));
    });
  }

  it('stores every column, normalised', async () => {
    const event = iotEvent({ vehicle: 'columns', version: 7, seconds: NOON, heading: 'NNE', ignition: '0', more: { temperature: -18.5, door: 'open' } });
    assert.deepEqual(counts((await program.post(event)).body), { stored: 1, duplicates: 0, rejected: 0 });
    const [row] = await ofVehicle('columns', `extract(epoch FROM recorded_at)::bigint, version, round(ST_Y(geom)::numeric, 6),
      round(ST_X(geom)::numeric, 6), round(speed_kmh::numeric, 2), heading_deg, temperature_c, ignition, flags, source, extra->>'door'`);
    assert.deepEqual(row, [String(NOON), '7', '45.520000', '-122.680000', '72.42', '22.5', '-18.5', 'f', '0', '1', 'open']);
  });

  it('answers a request for confirmation without the key, and stores nothing', async () => {
    const body = fs.readFileSync(path.join(CASES, 'confirmation.input'), 'utf8');
    const headers = { 'x-amz-rules-engine-message-type': 'DestinationConfirmation' };
    const answer = await program.post(body, { key: null, headers, path: '/ingest/iot/?confirmationToken=AYADeM' });
    assert.equal(answer.status, 200);
    await eventually(() => /iot_destination_wants_confirmation .*open=https:\/\/iot\.us-east-1\.amazonaws\.com\/confirmdestination\/AYADeM/.test(program.log));
    for (const link of ['https://iot.us-east-1.amazonaws.com.evil.example/confirmdestination/A1', 'http://iot.us-east-1.amazonaws.com/confirmdestination/A2',
      'https://evil.example/iot.us-east-1.amazonaws.com/confirmdestination/A3', 'https://iot.us-east-1.amazonaws.com/other/A4', 'https://iot.a@evil.amazonaws.com/confirmdestination/A5']) {
      await program.post({ messageType: 'DestinationConfirmation', enableUrl: link }, { key: null, headers });
    }
    await eventually(() => (program.log.match(/iot_destination_not_of_aws/g) ?? []).length === 5);
    assert.doesNotMatch(program.log, /\/A[1-5]/);
    assert.equal((await program.post(iotEvent(), { key: null, headers })).status, 401);
  });
});

describe('days', () => {
  it('makes the partitions of many days at once, and none twice', async () => {
    const events = Array.from({ length: 70 }, (_, i) => iotEvent({ vehicle: 'many_days', version: 1, seconds: NOON - i * 86400 * 9 }));
    assert.deepEqual(counts((await program.post(events)).body), { stored: 70, duplicates: 0, rejected: 0 });
    assert.deepEqual(counts((await program.post(events)).body), { stored: 0, duplicates: 70, rejected: 0 });
    const tables = (await ofVehicle('many_days', 'breadcrumb.tableoid')).map(([table]) => table);
    assert.equal(new Set(tables).size, 70);
  });
});

describe('bad input', () => {
  it('refuses a missing or wrong key', async () => {
    for (const key of [null, '', 'wrong', `${INGEST_KEY}x`]) {
      const answer = await program.post(iotEvent({ vehicle: 'no_key' }), { key });
      assert.equal(answer.status, 401);
      assert.match(answer.headers.get('content-type'), /application\/problem\+json/);
    }
    assert.deepEqual(await ofVehicle('no_key', '1'), []);
  });

  it('refuses other content types, and too much', async () => {
    assert.equal((await program.post(iotEvent(), { headers: { 'content-type': 'text/html' } })).status, 415);
    assert.equal((await program.post('x'.repeat(1024 * 1024 + 1))).status, 413);
    for (const type of ['application/octet-stream', 'text/plain; charset=utf-8', 'application/json; charset=utf-8']) {
      assert.equal((await program.post(JSON.stringify(iotEvent({ vehicle: 'types' })), { headers: { 'content-type': type } })).status, 200);
    }
  });

  for (const body of ['', '[]', ' \n ', '[[]]', 'lat=1&lon=2', '{"thingName":"v"', '42', '{"thingName":"v","lat":1,"lon":2}\u0000x']) {
    it(`answers ${JSON.stringify(body)}`, async () => {
      const answer = await program.post(body);
      assert.equal(answer.status, body.includes('\u0000') ? 200 : 400);
    });
  }

  it('names the path of the bad field and keeps the bytes', async () => {
    const event = iotEvent({ vehicle: 'bad_path', lat: 95 });
    const answer = await program.post(event);
    assert.equal(answer.status, 400);
    assert.equal(answer.body.errors[0].name, 'current.state.reported.location.lat');
    const [row] = await program.sql(`SELECT vehicle, field, reason, request_id, convert_from(body, 'UTF8') FROM rejected
      WHERE vehicle = 'bad_path'`);
    assert.deepEqual(row, ['bad_path', 'current.state.reported.location.lat', 'expected -90..90',
      answer.headers.get('x-request-id'), JSON.stringify(event)]);
    assert.equal((await program.post(event)).status, 400);
    assert.deepEqual(await program.sql("SELECT count(*) FROM rejected WHERE vehicle = 'bad_path'"), [['1']]);
  });

  it('stores the good events of an array and keeps the bad ones', async () => {
    const events = [iotEvent({ vehicle: 'mixed', version: 1, seconds: NOON }), iotEvent({ vehicle: 'mixed', lat: 'north' }), 7,
      iotEvent({ vehicle: 'mixed', version: 2, seconds: NOON + 10 })];
    const answer = await program.post(events);
    assert.equal(answer.status, 200);
    assert.deepEqual(counts(answer.body), { stored: 2, duplicates: 0, rejected: 2 });
    assert.deepEqual(answer.body.errors.map(({ index, name }) => [index, name]),
      [[1, '[1].current.state.reported.location.lat'], [2, '[2]']]);
    assert.equal((await ofVehicle('mixed', '1')).length, 2);
  });

  it('keeps what the database refuses, and stores what came with it', async () => {
    await program.sql('ALTER TABLE breadcrumb ADD CONSTRAINT refused CHECK (version <> 666) NOT VALID');
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) =>
      program.post(iotEvent({ vehicle: 'poison', version: i === 7 ? 666 : i + 1, seconds: NOON + i }))));
    await program.sql('ALTER TABLE breadcrumb DROP CONSTRAINT refused');
    assert.deepEqual(answers.map(({ status }) => status), Array.from({ length: 20 }, (_, i) => (i === 7 ? 400 : 200)));
    assert.equal((await ofVehicle('poison', '1')).length, 19);
    assert.deepEqual(await program.sql("SELECT vehicle FROM rejected WHERE vehicle = 'poison'"), [['poison']]);
  });
});

describe('duplicates and order', () => {
  it('stores the same bytes once, and says so', async () => {
    const event = iotEvent({ vehicle: 'twice', seconds: NOON });
    assert.deepEqual(counts((await program.post([event, event])).body), { stored: 1, duplicates: 1, rejected: 0 });
    assert.deepEqual(counts((await program.post(event)).body), { stored: 0, duplicates: 1, rejected: 0 });
    const answers = await Promise.all(Array.from({ length: 30 }, () => program.post(iotEvent({ vehicle: 'at_once', seconds: NOON }))));
    assert.equal(answers.reduce((sum, { body }) => sum + body.stored, 0), 1);
    assert.equal(answers.reduce((sum, { body }) => sum + body.duplicates, 0), 29);
    assert.equal((await ofVehicle('at_once', '1')).length, 1);
  });

  it('notices breadcrumbs that somebody wrote past the feed, and positions that somebody took away', async () => {
    const at = (i, day = 0) => iotEvent({ vehicle: `past_${i % 50}`, version: i, seconds: NOON + day * 60 });
    const ones = Array.from({ length: 100 }, (_, i) => at(i));
    const twos = Array.from({ length: 100 }, (_, i) => at(i, 1));
    assert.deepEqual(counts((await program.post(ones)).body), { stored: 100, duplicates: 0, rejected: 0 });
    await program.sql(`INSERT INTO breadcrumb SELECT vehicle_id, recorded_at + interval '1 minute', version, -row_number() OVER (), received_at, geom, cell, speed_kmh,
      heading_deg, temperature_c, ignition, flags, source, extra FROM breadcrumb JOIN vehicle USING (vehicle_id) WHERE name IN ('past_3', 'past_7')`);
    await program.sql("DELETE FROM position USING vehicle v WHERE v.vehicle_id = position.vehicle_id AND name = 'past_9'");
    assert.deepEqual(counts((await program.post(twos)).body), { stored: 96, duplicates: 4, rejected: 0 });
    assert.deepEqual(counts((await program.post(twos)).body), { stored: 0, duplicates: 100, rejected: 0 });
    await program.post(Array.from({ length: 100 }, (_, i) => at(i, 2)));
    assert.deepEqual(await program.sql(`SELECT count(*), count(*) FILTER (WHERE version >= 50) FROM position JOIN vehicle USING (vehicle_id)
      WHERE name LIKE 'past\\_%' AND recorded_at = to_timestamp(${NOON + 120})`), [['50', '50']]);
    assert.deepEqual(await program.sql(`SELECT count(*), count(DISTINCT seq) FROM breadcrumb JOIN vehicle USING (vehicle_id)
      WHERE name LIKE 'past\\_%' AND recorded_at <> to_timestamp(${NOON + 60})`), [['200', '200']]);
  });

  it('never moves the live position back, whatever the order', async () => {
    const order = [3, 9, 1, 7, 10, 2, 8, 4, 6, 5];
    for (const i of order) {
      await program.post(iotEvent({ vehicle: 'shuffled', version: i, seconds: NOON + i * 60, lat: 45.5 + i / 1000 }));
    }
    assert.equal((await ofVehicle('shuffled', '1')).length, 10);
    assert.deepEqual(await positionOf('shuffled', 'version, round(ST_Y(geom)::numeric, 3)'), [['10', '45.510']]);
    assert.deepEqual(await program.sql('SELECT max(b.seq) <= (SELECT head FROM feed), count(*) = count(DISTINCT seq) FROM breadcrumb b'), [['t', 't']]);
  });

  it('stores days of long ago and days to come, and refuses what is beyond', async () => {
    const year = 366 * 86400;
    for (const seconds of [946684800, NOON - year, Math.floor(Date.now() / 1000) + 300 * 86400]) {
      assert.equal((await program.post(iotEvent({ vehicle: 'any_day', seconds }))).status, 200);
    }
    for (const seconds of [946684799, Math.floor(Date.now() / 1000) + 367 * 86400]) {
      assert.equal((await program.post(iotEvent({ vehicle: 'any_day', seconds }))).status, 400);
    }
    assert.deepEqual(await ofVehicle('any_day', 'flags'), [['0'], ['0'], ['2']]);
  });

  it('keeps 0,0 and jumps, flagged, away from the position', async () => {
    await program.post(iotEvent({ vehicle: 'jumper', version: 1, seconds: NOON, lat: 45.5 }));
    await program.post(iotEvent({ vehicle: 'jumper', version: 2, seconds: NOON + 10, lat: 0, lon: 0 }));
    await program.post(iotEvent({ vehicle: 'jumper', version: 3, seconds: NOON + 20, lat: 46.5 }));
    assert.deepEqual(await ofVehicle('jumper', 'flags'), [['0'], ['1'], ['8']]);
    assert.deepEqual(await positionOf('jumper', 'version'), [['1']]);
    assert.equal((await program.post(iotEvent({ vehicle: 'jumper', version: 4, seconds: NOON + 30, lat: 46.501 }))).status, 200);
    assert.deepEqual(await positionOf('jumper', 'version'), [['4']]);
  });

  it('judges a late breadcrumb by its neighbours, and its successor anew', async () => {
    const at = (version, minutes, lat) => iotEvent({ vehicle: 'late', version, seconds: NOON + minutes * 60, lat });
    await program.post(at(1, 0, 45.0));
    await program.post(at(3, 1, 45.1)); // 11 km in a minute
    assert.deepEqual(await ofVehicle('late', 'version, flags'), [['1', '0'], ['3', '8']]);
    await program.post({ ...at(2, 0.9, 45.099) }); // it was there before: now only this one jumps
    assert.deepEqual(await ofVehicle('late', 'version, flags'), [['1', '0'], ['2', '8'], ['3', '0']]);
    assert.deepEqual(await positionOf('late', 'version'), [['3']]);
  });

  it('judges what comes late and in any order as if it had come in order', async () => {
    let state = 7;
    const random = (below) => {
      state = (state * 1103515245 + 12345) % 2147483648;
      return Math.floor(state / 65536) % below;
    };
    for (let trial = 0; trial < 12; trial += 1) {
      const places = Array.from({ length: 40 }, (_, i) => {
        const isAtZero = random(12) === 0;
        return { version: i + 1, seconds: NOON + (trial % 3 === 2 ? i * 86400 : i * 60), lat: isAtZero ? 0 : 45 + random(3) / 10, lon: isAtZero ? 0 : -122 };
      });
      const ordered = places.map((place) => iotEvent({ ...place, vehicle: `ordered_${trial}` }));
      assert.equal((await program.post(ordered)).body.stored, 40);
      // Runs forwards and backwards of what is left, one event or some at a time; now and then one comes again.
      const left = places.map((place) => iotEvent({ ...place, vehicle: `mixed_${trial}` }));
      while (left.length !== 0) {
        const run = left.splice(random(left.length), 1 + random(9));
        if (random(2) === 0) {
          run.reverse();
        }
        for (const request of random(2) === 0 ? [run, run.slice(0, 1)] : run) {
          assert.equal((await program.post(request)).status, 200);
        }
      }
      assert.deepEqual(await ofVehicle(`mixed_${trial}`, 'version, flags'), await ofVehicle(`ordered_${trial}`, 'version, flags'), `trial ${trial}`);
    }
  });

  it('remembers since when a vehicle is slow', async () => {
    const send = (version, speed) => program.post(iotEvent({ vehicle: 'slow', version, seconds: NOON + version, speed }));
    await send(1, '30');
    assert.deepEqual(await positionOf('slow', 'slow_since IS NULL'), [['t']]);
    await send(2, '1');
    await send(3, '0');
    assert.deepEqual(await positionOf('slow', 'extract(epoch FROM slow_since)::bigint'), [[String(NOON + 2)]]);
    await program.post([iotEvent({ vehicle: 'slow', version: 4, seconds: NOON + 4, speed: '20' }),
      iotEvent({ vehicle: 'slow', version: 5, seconds: NOON + 5, speed: '2' })]);
    assert.deepEqual(await positionOf('slow', 'extract(epoch FROM slow_since)::bigint'), [[String(NOON + 5)]]);
  });
});

describe('counts by path', () => {
  const pathRow = async () => {
    const [row] = await program.sql(`SELECT deliveries, events, stored, duplicates, duplicates_elsewhere, rejected FROM ingest_path WHERE source = 1`);
    return (row ?? Array(6).fill('0')).map(Number);
  };
  const grown = async (before) => (await pathRow()).map((value, i) => value - before[i]);

  it('counts in the transaction that stores', async () => {
    const before = await pathRow();
    const now = Math.floor(Date.now() / 1000);
    const good = iotEvent({ vehicle: 'counted', version: 1, seconds: now - 10 });
    await program.post([good, iotEvent({ vehicle: 'counted', version: 2, seconds: now }), { thingName: 'counted', latitude: 99, longitude: 1 }]);
    await program.post([good, good]);
    assert.deepEqual(await grown(before), [2, 5, 2, 2, 0, 1]);
    // What another way brought first.
    await program.sql(`UPDATE breadcrumb b SET source = 3 FROM vehicle v WHERE v.vehicle_id = b.vehicle_id AND name = 'counted' AND version = 1`);
    await program.post(good);
    assert.deepEqual(await grown(before), [3, 6, 2, 3, 1, 1]);
    assert.equal(await program.metric('crumbtrail_ingest_duplicates_elsewhere_total{path="iot"}'), 1);
    const [[recorded, lag, age]] = await program.sql(`SELECT extract(epoch FROM last_recorded_at)::bigint >= ${now},
      last_lag_s BETWEEN 0 AND 60 AND lag_s BETWEEN 0 AND 60, age_s >= 0 AND last_age_s BETWEEN 0 AND 3600
      FROM ingest_path WHERE source = 1 AND first_received_at <= last_received_at AND last_received_at <= last_committed_at`);
    assert.deepEqual([recorded, lag, age], ['t', 't', 't']);
  });

  it('counts after a long silence', async () => {
    const before = await pathRow();
    await program.sql(`UPDATE ingest_path SET last_committed_at = '2001-01-01Z', lag_s = 1e6, age_s = NULL, last_age_s = NULL`);
    await program.post(iotEvent({ vehicle: 'silent_path', seconds: Math.floor(Date.now() / 1000) }));
    assert.deepEqual(await grown(before), [1, 1, 1, 0, 0, 0]);
    assert.deepEqual(await program.sql('SELECT lag_s < 60, age_s < 3600 FROM ingest_path WHERE source = 1'), [['t', 't']]);
  });
});

describe('two servers on one database', () => {
  it('share numbers, flags and positions', async () => {
    const database = await eventually(async () => (await program.sql('SELECT 1')).length === 1
      && `host=${path.join(program.data, 'run')} dbname=crumbtrail user=${process.getuid() === 0 ? 'postgres' : process.env.USER}`);
    const second = await new Program({ database }).start();
    const servers = [program, second];
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => servers[i % 2].post(
      iotEvent({ vehicle: `shared_${i % 10}`, version: 1 + Math.floor(i / 10), seconds: NOON + Math.floor(i / 10) * 60 }))));
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
    const again = await Promise.all(Array.from({ length: 200 }, (_, i) => servers[(i + 1) % 2].post(
      iotEvent({ vehicle: `shared_${i % 10}`, version: 1 + Math.floor(i / 10), seconds: NOON + Math.floor(i / 10) * 60 }))));
    assert.equal(again.reduce((sum, { body }) => sum + body.duplicates, 0), 200);
    assert.deepEqual(await program.sql(`SELECT count(*), count(DISTINCT seq), bool_and(flags = 0) FROM breadcrumb JOIN vehicle USING (vehicle_id)
      WHERE name LIKE 'shared\\_%'`), [['200', '200', 't']]);
    assert.deepEqual(await program.sql(`SELECT DISTINCT version FROM position JOIN vehicle USING (vehicle_id) WHERE name LIKE 'shared\\_%'`), [['20']]);
    // A jump is seen across servers.
    await program.post(iotEvent({ vehicle: 'handed_over', version: 1, seconds: NOON, lat: 45 }));
    await second.post(iotEvent({ vehicle: 'handed_over', version: 2, seconds: NOON + 60, lat: 46 }));
    await program.post(iotEvent({ vehicle: 'handed_over', version: 3, seconds: NOON + 120, lat: 46.001 }));
    assert.deepEqual(await ofVehicle('handed_over', 'flags'), [['0'], ['8'], ['0']]);
    assert.equal(await second.stop(), 0);
  });
});
