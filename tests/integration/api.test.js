// The API over what was really ingested: filters, pages, formats, conditional requests, the order of arrival.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { Program, eventually, iotEvent } from './support/program.js';

const START = Math.floor(Date.now() / 1000) - 3600;
const VEHICLES = ['api_a', 'api_b', 'api_c'];
const PER_VEHICLE = 40;
const program = new Program();
let stored = 0;

function time(seconds) {
  return new Date(seconds * 1000).toISOString();
}

function breadcrumbs() {
  const events = [];
  for (let i = 0; i < PER_VEHICLE; i += 1) {
    VEHICLES.forEach((vehicle, v) => {
      events.push(iotEvent({ vehicle, version: i + 1, seconds: START + i * 60, lat: 45.5 + v * 0.1, lon: -122.7 + i * 0.002 }));
    });
  }
  events.push(iotEvent({ vehicle: 'api_fiji', version: 1, seconds: START, lat: -17, lon: 179.96 }));
  events.push(iotEvent({ vehicle: 'api_fiji', version: 2, seconds: START + 600, lat: -17, lon: -179.96 }));
  events.push(iotEvent({ vehicle: 'api_a', version: 1000, seconds: START + 61, lat: 0, lon: 0 }));
  return events;
}

async function everyPage(target, key = 'items') {
  const pages = [];
  for (let url = target; url; ) {
    const page = await program.get(url);
    assert.equal(page.status, 200, page.text);
    pages.push(page.body[key]);
    const link = page.headers.get('link');
    assert.equal(link, page.body.next ? `<${page.body.next}>; rel="next"` : null);
    url = page.body.next?.replace(program.base, '');
  }
  return pages;
}

function rowsOf(csv) {
  assert.ok(csv.endsWith('\r\n'));
  return csv.trimEnd().split('\r\n').map((line) => line.split(','));
}

before(async () => {
  await program.start();
  const events = breadcrumbs();
  stored = events.length;
  await eventually(async () => (await program.post(events)).status === 200, { what: 'the events being stored' });
});

test('history comes oldest first, in pages that neither repeat nor miss', async () => {
  const pages = await everyPage('/v1/positions?limit=7');
  const all = pages.flat();
  assert.equal(all.length, stored);
  assert.ok(pages.slice(0, -1).every((page) => page.length === 7));
  const keys = all.map((item) => `${item.recorded_at.padEnd(30, '0')} ${String(item.vehicle_id).padStart(9)} ${item.version}`);
  assert.equal(new Set(keys).size, stored);
  assert.deepEqual(keys, [...keys].sort());
});

test('a range of time is half open', async () => {
  const { body } = await program.get(`/v1/positions?vehicle=api_b&from=${time(START + 60)}&to=${time(START + 180)}`);
  assert.deepEqual(body.items.map((item) => Date.parse(item.recorded_at) / 1000), [START + 60, START + 120]);
  const offset = new Date((START + 60 + 7200) * 1000).toISOString().replace('Z', '+02:00');
  const same = await program.get(`/v1/positions?vehicle=api_b&from=${encodeURIComponent(offset)}&to=${time(START + 180)}`);
  assert.deepEqual(same.body.items, body.items);
});

test('vehicles may be named several times; a name that nobody has brings nothing', async () => {
  const pages = await everyPage('/v1/positions?limit=11&vehicle=api_b&vehicle=api_c&vehicle=nobody');
  assert.equal(pages.flat().length, 2 * PER_VEHICLE);
  const none = await program.get('/v1/positions?vehicle=nobody');
  assert.deepEqual(none.body, { items: [], next: null });
});

test('a box holds its edges, and may cross the antimeridian', async () => {
  const box = '-122.7,45.55,-122.66,45.65';
  const inside = (await everyPage(`/v1/positions?limit=6&bbox=${box}`)).flat();
  assert.deepEqual(inside.map((item) => item.vehicle), Array(21).fill('api_b'));
  const wide = (await everyPage('/v1/positions?bbox=-130,40,-120,50')).flat();
  assert.equal(wide.length, 3 * PER_VEHICLE);
  const both = await program.get(`/v1/positions?bbox=${box}&vehicle=api_a&vehicle=api_b`);
  assert.equal(both.body.items.length, 21);
  const fiji = await program.get('/v1/positions?bbox=179,-18,-179,-16');
  assert.equal(fiji.body.items.length, 2);
  const latest = await program.get('/v1/positions/latest?bbox=179,-18,-179,-16');
  assert.deepEqual(latest.body.items.map((item) => item.lon), [-179.96]);
});

test('the formats say the same', async () => {
  const target = '/v1/positions?vehicle=api_a';
  const json = (await everyPage(target)).flat();
  const geojson = (await everyPage(`${target}&f=geojson`, 'features')).flat();
  assert.deepEqual(geojson.map((feature) => feature.properties), json);
  assert.deepEqual(geojson.map((feature) => feature.geometry.coordinates), json.map((item) => [item.lon, item.lat]));
  const ndjson = await program.get(target, { headers: { accept: 'application/x-ndjson' } });
  assert.deepEqual(ndjson.text.trimEnd().split('\n').map((line) => JSON.parse(line)), json);
  const csv = rowsOf((await program.get(`${target}&f=csv`)).text);
  assert.deepEqual(csv[0], Object.keys(json[0]));
  assert.deepEqual(csv.slice(1).map((row) => row[2]), json.map((item) => item.recorded_at));
  assert.deepEqual(csv.slice(1).map((row) => row.at(-1)), json.map((item) => item.flags.join('|')));
  const limited = rowsOf((await program.get(`${target}&f=csv&limit=3`)).text);
  assert.equal(limited.length, 4);
});

test('a format that is not offered is refused, whoever asks for it', async () => {
  assert.equal((await program.get('/v1/positions?f=gpx')).status, 406);
  assert.equal((await program.get('/v1/positions', { headers: { accept: 'image/png' } })).status, 406);
  assert.equal((await program.get('/v1/positions?f=csv&limit=1', { headers: { accept: 'image/png' } })).status, 200);
});

test('what is not understood is named', async () => {
  const wrong = {
    'positions?colour=red': 'colour', 'positions?limit=0': 'limit', 'positions?limit=10001': 'limit', 'positions?bbox=1,2,3': 'bbox',
    'positions?from=yesterday': 'from', 'positions?from=2026-01-02T00:00:00Z&to=2026-01-02T00:00:00Z': 'to',
    'positions?cursor=AAAA': 'cursor', 'positions?limit=1&limit=2': 'limit', 'positions?vehicle=a%20b': 'vehicle',
    'positions/at': 'time', 'positions/changes?since=-1': 'since', 'vehicles?status=flying': 'status', 'vehicles?search=': 'search',
    'vehicles/api_a/track?tolerance_m=-1': 'tolerance_m', 'positions/latest?max_age_s=0': 'max_age_s', 'page?x=1': 'x',
  };
  for (const [target, name] of Object.entries(wrong)) {
    const answer = await program.get(`/v1/${target}`);
    assert.equal(answer.status, 400, target);
    assert.match(answer.headers.get('content-type'), /^application\/problem\+json/);
    assert.equal(answer.body.errors[0].name, name, target);
    assert.equal(answer.body.request_id, answer.headers.get('x-request-id'));
  }
});

test('a cursor fits only the query it came from', async () => {
  const first = await program.get('/v1/positions?limit=2&vehicle=api_a');
  const cursor = new URL(first.body.next).searchParams.get('cursor');
  assert.equal((await program.get(`/v1/positions?limit=3&vehicle=api_a&cursor=${cursor}`)).status, 200);
  assert.equal((await program.get(`/v1/positions?limit=2&vehicle=api_b&cursor=${cursor}`)).status, 400);
  const changed = (cursor[20] === 'A' ? 'B' : 'A') + cursor.slice(1);
  assert.equal((await program.get(`/v1/positions?limit=2&vehicle=api_a&cursor=${changed}`)).status, 400);
});

test('the newest position is the newest unflagged one, and its tag changes only when something does', async () => {
  const first = await program.get('/v1/positions/latest');
  assert.deepEqual(first.body.items.map((item) => item.vehicle), [...VEHICLES, 'api_fiji']);
  assert.ok(first.body.items.every((item) => item.flags.length === 0));
  const tag = first.headers.get('etag');
  assert.match(tag, /^W\/"/);
  const again = await program.get('/v1/positions/latest', { headers: { 'if-none-match': tag } });
  assert.equal(again.status, 304);
  assert.equal(again.text, '');
  const other = await program.get('/v1/positions/latest?vehicle=api_a', { headers: { 'if-none-match': tag } });
  assert.equal(other.status, 200);
  assert.equal(other.body.items.length, 1);
  await program.post(iotEvent({ vehicle: 'api_tag', version: 1, seconds: START + 3600 }));
  stored += 1;
  const after = await program.get('/v1/positions/latest', { headers: { 'if-none-match': tag } });
  assert.equal(after.status, 200);
  assert.ok(after.body.seq > first.body.seq);
});

test('time alone changes a status, and with it the tag', async () => {
  const seconds = Math.floor(Date.now() / 1000) - 1;
  await program.post(iotEvent({ vehicle: 'api_soon', version: 1, seconds }));
  stored += 1;
  const target = '/v1/positions/latest?vehicle=api_soon&max_age_s=3';
  const first = await program.get(target);
  assert.equal(first.body.items.length, 1);
  await eventually(async () => {
    const answer = await program.get(target, { headers: { 'if-none-match': first.headers.get('etag') } });
    return answer.status === 200 && answer.body.items.length === 0;
  }, { what: 'the position growing too old' });
});

test('the fleet at a moment is the newest breadcrumb before it', async () => {
  const { body } = await program.get(`/v1/positions/at?time=${time(START + 90)}`);
  assert.deepEqual(body.items.map((item) => [item.vehicle, Date.parse(item.recorded_at) / 1000]),
    [['api_a', START + 60], ['api_b', START + 60], ['api_c', START + 60], ['api_fiji', START]]);
  const recent = await program.get(`/v1/positions/at?time=${time(START + 90)}&max_age_s=60`);
  assert.deepEqual(recent.body.items.map((item) => item.vehicle), VEHICLES);
  const before = await program.get(`/v1/positions/at?time=${time(START - 1)}`);
  assert.deepEqual(before.body.items, []);
});

test('changes since a number that this database has not given yet are refused, so that nothing is skipped', async () => {
  const answer = await program.get('/v1/positions/changes?since=999999999');
  assert.equal(answer.status, 400);
  assert.equal(answer.body.errors[0].name, 'since');
});

test('changes give everything once, in order of arrival, late data too', async () => {
  const seen = [];
  let url = '/v1/positions/changes?limit=13';
  for (let rounds = 0; rounds < 200; rounds += 1) {
    const { body } = await program.get(url);
    seen.push(...body.items);
    url = body.next.replace(program.base, '');
    if (body.items.length === 0) {
      break;
    }
  }
  assert.equal(seen.length, stored);
  assert.ok(seen.every((item, i) => i === 0 || item.seq > seen[i - 1].seq));
  await program.post(iotEvent({ vehicle: 'api_a', version: 1, seconds: START - 86400 * 400 }));
  stored += 1;
  const late = await program.get(url);
  assert.deepEqual(late.body.items.map((item) => item.recorded_at), [time(START - 86400 * 400).replace('.000Z', 'Z')]);
  const csv = rowsOf((await program.get('/v1/positions/changes?f=csv')).text);
  assert.equal(csv.length, stored + 1);
});

test('a track leaves out flagged breadcrumbs, and what a tolerance allows', async () => {
  const range = `from=${time(START)}&to=${time(START + 7200)}`;
  const whole = await program.get(`/v1/vehicles/api_a/track?${range}`);
  assert.equal(whole.body.items.length, PER_VEHICLE);
  const simple = await program.get(`/v1/vehicles/api_a/track?${range}&tolerance_m=20`);
  assert.equal(simple.body.items.length, 2);
  const line = await program.get(`/v1/vehicles/api_a/track?${range}&f=geojson`);
  const [feature] = line.body.features;
  assert.equal(feature.geometry.type, 'LineString');
  assert.equal(feature.geometry.coordinates.length, PER_VEHICLE);
  for (const name of ['recorded_at', 'speed_kmh', 'heading_deg', 'ignition', 'temperature_c']) {
    assert.equal(feature.properties[name].length, PER_VEHICLE);
  }
  const gpx = await program.get(`/v1/vehicles/api_a/track?${range}&f=gpx`);
  assert.equal([...gpx.text.matchAll(/<trkpt /g)].length, PER_VEHICLE);
  const fiji = await program.get(`/v1/vehicles/api_fiji/track?${range}&f=geojson`);
  assert.deepEqual(fiji.body.features.map((part) => part.geometry.type), ['Point', 'Point']);
  assert.equal((await program.get(`/v1/vehicles/nobody/track?${range}`)).status, 404);
});

test('a vehicle is registered, removed, and comes back when it sends', async () => {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ kind: 'reefer', fleet: 'north', attributes: { model: 'T1' } });
  const put = () => program.get('/v1/vehicles/api_new', { method: 'PUT', headers, body });
  const made = await put();
  assert.equal(made.status, 201);
  assert.equal((await put()).status, 200);
  assert.deepEqual((await program.get('/v1/vehicles/api_new')).body, made.body);
  assert.equal((await program.get('/v1/vehicles/api_new', { method: 'PUT' })).body.kind, 'reefer');
  const fleet = await program.get('/v1/vehicles?fleet=north&kind=reefer&search=API_N');
  assert.deepEqual(fleet.body.items.map((item) => item.name), ['api_new']);
  const now = Math.floor(Date.now() / 1000);
  await program.post(iotEvent({ vehicle: 'api_new', version: 1, seconds: now - 5 }));
  const seq = (await program.get('/v1/positions/latest')).body.seq;
  assert.equal((await program.get('/v1/vehicles/api_new', { method: 'DELETE' })).status, 204);
  assert.equal((await program.get('/v1/vehicles/api_new', { method: 'DELETE' })).status, 204);
  const gone = await program.get('/v1/positions/latest?vehicle=api_new');
  assert.deepEqual(gone.body.items, []);
  assert.equal(gone.body.seq, seq + 1);
  assert.deepEqual((await program.get('/v1/vehicles?search=api_new')).body.items, []);
  assert.equal((await program.get('/v1/vehicles/api_new')).body.position, null);
  assert.equal((await program.get('/v1/positions?vehicle=api_new')).body.items.length, 1);
  await program.post(iotEvent({ vehicle: 'api_new', version: 2, seconds: now }));
  assert.equal((await program.get('/v1/positions/latest?vehicle=api_new')).body.items.length, 1);
  assert.equal((await program.get('/v1/vehicles/nobody', { method: 'DELETE' })).status, 404);
  for (const [content, type, status] of [['{"colour":1}', 'application/json', 400], ['[]', 'application/json', 400],
    ['{', 'application/json', 400], ['x', 'text/plain', 415]]) {
    const refused = await program.get('/v1/vehicles/api_new', { method: 'PUT', headers: { 'content-type': type }, body: content });
    assert.equal(refused.status, status, content);
  }
});

test('the registry comes in pages by name', async () => {
  const pages = await everyPage('/v1/vehicles?limit=2');
  const names = pages.flat().map((vehicle) => vehicle.name);
  assert.deepEqual(names, [...names].sort());
  assert.ok(names.includes('api_fiji') && pages[0].length === 2);
  const silent = await program.get('/v1/vehicles?status=silent');
  assert.ok(silent.body.items.every((vehicle) => vehicle.position.status === 'silent'));
  const csv = rowsOf((await program.get('/v1/vehicles?f=csv&search=fiji')).text);
  assert.equal(csv.length, 2);
});

test('HEAD answers like GET without a body, and gzip comes when asked for', async () => {
  for (const target of ['/v1/positions', '/v1/positions?f=csv', '/v1/positions/latest', '/v1/vehicles', '/openapi.json', '/docs']) {
    const get = await program.get(target);
    const head = await program.get(target, { method: 'HEAD' });
    assert.equal(head.status, 200, target);
    assert.equal(head.text, '');
    assert.equal(head.headers.get('content-type'), get.headers.get('content-type'));
    const gzip = await program.get(target, { headers: { 'accept-encoding': 'gzip' } });
    assert.equal(gzip.headers.get('content-encoding'), 'gzip', target);
    assert.equal(gzip.text, get.text);
  }
});

test('one vehicle comes with what its newest event said beyond the fields', async () => {
  assert.equal((await program.post(iotEvent({ vehicle: 'api_extra', more: { address: '1 Main St', fuel_pct: 40 } }))).status, 200);
  const { body } = await program.get('/v1/vehicles/api_extra');
  assert.equal(body.extra.address, '1 Main St');
  assert.equal(body.extra.fuel_pct, 40);
  assert.equal(body.position.vehicle, 'api_extra');
  await fetch(`${program.base}/v1/vehicles/api_extra`, { method: 'DELETE' });
  assert.equal((await program.get('/v1/vehicles/api_extra')).body?.extra ?? null, null);
});
