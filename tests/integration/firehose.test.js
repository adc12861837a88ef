// POST /ingest/firehose on the real program: Firehose's contract to the byte, bodies of any length in constant memory, and every
// event stored once whatever breaks on the way.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { makeCluster } from './support/cluster.js';
import { INGEST_KEY, Program, eventually, iotEvent, sleep } from './support/program.js';

const NOW = Math.floor(Date.now() / 1000);
const TARGET = '/ingest/firehose';

let program;

before(async () => {
  program = await new Program().start();
});

const base64 = (text) => Buffer.from(text).toString('base64');
const bodyOf = (requestId, records) => JSON.stringify({ requestId, timestamp: Date.now(), records: records.map((text) => ({ data: base64(text) })) });
const eventText = (vehicle, version, more = {}) => JSON.stringify(iotEvent({ vehicle, version, seconds: NOW - 50_000 + version, ...more }));
const headersOf = (requestId, more = {}) => ({
  'content-type': 'application/json',
  'X-Amz-Firehose-Protocol-Version': '1.0',
  'X-Amz-Firehose-Source-Arn': 'arn:aws:firehose:us-east-1:123456789012:deliverystream/iotfleet',
  'X-Amz-Firehose-Access-Key': INGEST_KEY,
  ...(requestId === null ? {} : { 'X-Amz-Firehose-Request-Id': requestId }),
  ...more,
});

async function deliver(to, body, headers) {
  const answer = await fetch(to.base + TARGET, { method: 'POST', body, headers });
  return { status: answer.status, headers: answer.headers, body: JSON.parse(await answer.text()) };
}

/** A delivery as Firehose makes it, whose answer is as Firehose wants it. */
async function deliverRecords(to, records, { requestId = randomUUID(), headers = {}, gzip = false } = {}) {
  const plain = bodyOf(requestId, records);
  const answer = await deliver(to, gzip ? gzipSync(plain) : plain, headersOf(requestId, { ...headers, ...(gzip ? { 'content-encoding': 'gzip' } : {}) }));
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  assertTaken(answer, requestId);
  return answer;
}

function assertTaken(answer, requestId) {
  assert.deepEqual(Object.keys(answer.body), ['requestId', 'timestamp']);
  assert.equal(answer.body.requestId, requestId);
  assertForm(answer);
}

function assertForm(answer) {
  assert.equal(answer.headers.get('content-type'), 'application/json');
  assert.equal(answer.headers.get('content-encoding'), null);
  assert.match(answer.headers.get('content-length'), /^[0-9]+$/);
  assert.equal(answer.headers.get('transfer-encoding'), null);
  assert.equal(Number.isInteger(answer.body.timestamp) && Math.abs(answer.body.timestamp - Date.now()) < 600_000, true);
}

function assertFailed(answer, status, requestId, message) {
  assert.equal(answer.status, status, JSON.stringify(answer.body));
  assert.deepEqual(Object.keys(answer.body), ['requestId', 'timestamp', 'errorMessage']);
  assert.equal(answer.body.requestId, requestId);
  assert.match(answer.body.errorMessage, message);
  assertForm(answer);
}

const storedOf = async (name) => Number((await program.sql(
  `SELECT count(*) FROM breadcrumb JOIN vehicle USING (vehicle_id) WHERE name = '${name}' AND source = 4`))[0][0]);
const rejectsOf = (requestId) => program.sql(
  `SELECT field, reason, convert_from(body, 'UTF8') FROM rejected WHERE request_id = '${requestId}' AND source = 4 ORDER BY field`);
const memoryKb = () => Number(/^VmRSS:\s+([0-9]+) kB/m.exec(fs.readFileSync(`/proc/${program.child.pid}/status`, 'utf8'))[1]);

/** The answer's bytes as they come over the socket. */
async function exchangeRaw(head, body) {
  const socket = net.connect(program.port, '127.0.0.1');
  socket.end(`${head}\r\n\r\n${body}`);
  let text = '';
  socket.on('data', (chunk) => { text += chunk; });
  await once(socket, 'close');
  return text;
}

describe('the contract', () => {
  it('to the byte', async () => {
    const id = 'ed4acda5-034f-9f42-bba1-f29aea6d7d8f';
    const body = `{"requestId":"${id}","timestamp":1578090901599,"records":[{"data":"${base64(eventText('contract', 1))}"},{"data":""}]}`;
    const text = await exchangeRaw(`POST ${TARGET} HTTP/1.1\r\nHost: fleet.example.com\r\nX-Amz-Firehose-Protocol-Version: 1.0\r\n` +
      `X-Amz-Firehose-Request-Id: ${id}\r\nX-Amz-Firehose-Source-Arn: arn:aws:firehose:us-east-1:123456789:deliverystream/testStream\r\n` +
      `X-Amz-Firehose-Access-Key: ${INGEST_KEY}\r\nX-Amz-Firehose-Common-Attributes: {"commonAttributes":{"fleet":"north"}}\r\n` +
      `Content-Type: application/json\r\nAccept-Encoding: gzip\r\nConnection: close\r\nContent-Length: ${body.length}`, body);
    const [head, answer] = text.split('\r\n\r\n');
    assert.match(head, /^HTTP\/1\.1 200 /);
    assert.match(head, /\r\nContent-Type: application\/json\r\n/i);
    assert.match(head, new RegExp(`\r\nContent-Length: ${answer.length}(\r\n|$)`, 'i'));
    assert.doesNotMatch(head, /content-encoding|transfer-encoding/i);
    assert.match(answer, new RegExp(`^\\{"requestId":"${id}","timestamp":[0-9]{13}\\}$`));
    assert.equal(await storedOf('contract'), 1);
  });

  it('takes gzip, with its Content-Length or in chunks', async () => {
    await deliverRecords(program, [eventText('zipped', 1), eventText('zipped', 2)], { gzip: true });
    const requestId = randomUUID();
    const request = http.request(program.base + TARGET, { method: 'POST', headers: headersOf(requestId, { 'content-encoding': 'gzip' }) });
    const answered = once(request, 'response');
    for (const byte of gzipSync(bodyOf(requestId, [eventText('zipped', 3)]))) {
      request.write(Buffer.from([byte]));
    }
    request.end();
    const [answer] = await answered;
    assert.equal(answer.statusCode, 200);
    answer.resume();
    assert.equal(await storedOf('zipped'), 3);
  });

  it('reads records as AWS IoT and producers fill them', async () => {
    const [one, two, three, four] = [1, 2, 3, 4].map((version) => eventText('filled', version));
    await deliverRecords(program, [`${one}\n`, `${two}${three}`, '', `[${four},${one}]`, '\n']);
    assert.equal(await storedOf('filled'), 4);
  });

  it('reads the messages that an error action wraps', async () => {
    const original = JSON.parse(eventText('wrapped', 1));
    delete original.thingnm;
    delete original.thetopic;
    await deliverRecords(program, [JSON.stringify({ ruleName: 'iotfleetrule', topic: '$aws/things/wrapped/shadow/update/documents',
      base64OriginalPayload: base64(JSON.stringify(original)), failures: [{ failedAction: 'HttpAction' }] })]);
    assert.equal(await storedOf('wrapped'), 1);
  });

  it('takes 10,000 records', { timeout: 120_000 }, async () => {
    await deliverRecords(program, Array.from({ length: 10_000 }, (_, i) => eventText(`many_${i % 50}`, i + 1)));
    assert.equal(Number((await program.sql("SELECT count(*) FROM breadcrumb JOIN vehicle USING (vehicle_id) WHERE name LIKE 'many\\_%'"))[0][0]), 10_000);
  });

  it('is in the metrics', async () => {
    assert.equal(await program.metric('crumbtrail_ingest_events_total{path="firehose",result="stored"}') >= 10_000, true);
  });
});

describe('request ids', () => {
  it('answers one that was taken at once', async () => {
    const requestId = randomUUID();
    await deliverRecords(program, [eventText('again', 1)], { requestId });
    await eventually(async () => (await program.sql(`SELECT 1 FROM ingest_message WHERE source = 4 AND message_id = '${requestId}'`)).length === 1);
    await deliverRecords(program, [eventText('again', 2)], { requestId }); // other records: proof that they are not read
    assertTaken(await deliver(program, 'whatever', headersOf(requestId)), requestId);
    assert.equal(await storedOf('again'), 1);
    const inBody = randomUUID();
    assertTaken(await deliver(program, bodyOf(inBody, [eventText('again', 3)]), headersOf(requestId)), requestId);
    await eventually(() => program.log.includes(`event=firehose_request_ids_differ header=${requestId} body=${inBody}`));
    await eventually(() => program.log.split(`event=firehose_not_read_again id=${requestId} `).length - 1 === 3);
    assert.equal(await program.metric('crumbtrail_firehose_repeated_total'), 3);
  });

  it('does not remember what failed', async () => {
    const requestId = randomUUID();
    assertFailed(await deliver(program, '{"requestId":', headersOf(requestId)), 400, requestId, /^\$: the body is not what Firehose sends/);
    await deliverRecords(program, [eventText('at_last', 1)], { requestId });
    assert.equal(await storedOf('at_last'), 1);
  });

  it('answers with the header\'s when the body has another, with the body\'s when there is no header', async () => {
    const [inHeader, inBody] = [randomUUID(), randomUUID()];
    assertTaken(await deliver(program, bodyOf(inBody, [eventText('two_ids', 1)]), headersOf(inHeader)), inHeader);
    await eventually(() => program.log.includes(`event=firehose_request_ids_differ header=${inHeader} body=${inBody}`));
    assertTaken(await deliver(program, bodyOf(inBody, [eventText('two_ids', 2)]), headersOf(null)), inBody);
    assertFailed(await deliver(program, '{"records":[]}', headersOf(null)), 400, '', /^requestId: neither/);
    assert.equal(await storedOf('two_ids'), 2);
  });
});

describe('what is wrong', () => {
  it('a missing or wrong key, before the body', async () => {
    for (const key of ['', 'wrong', `${INGEST_KEY}x`]) {
      const requestId = randomUUID();
      const answer = await deliver(program, bodyOf(requestId, [eventText('no_key', 1)]), headersOf(requestId, { 'X-Amz-Firehose-Access-Key': key }));
      assertFailed(answer, 401, requestId, /^X-Amz-Firehose-Access-Key: /);
    }
    const text = await exchangeRaw(`POST ${TARGET} HTTP/1.1\r\nHost: a\r\nX-Amz-Firehose-Request-Id: early\r\nContent-Length: 1000000`, 'not all of it');
    assert.match(text, /^HTTP\/1\.1 401 [^]*\r\n\r\n\{"requestId":"early","timestamp":[0-9]+,"errorMessage":"X-Amz-Firehose-Access-Key: [^"]+"\}$/);
    assert.equal(await storedOf('no_key'), 0);
  });

  it('a body that is no delivery', async () => {
    for (const [body, message, more] of [
      ['', /ends too early/],
      ['{"requestId":"x","records":[{"data":"YQ=="}', /ends too early/],
      ['[]', /expected '\{'/],
      ['{"requestId":"x"}', /^records: the body has no records$/],
      ['{"requestId":"x","records":{}}', /one array of records/],
      ['not gzip', /^the body is not valid gzip$/, { 'content-encoding': 'gzip' }],
      [gzipSync('{"requestId":"x","records":[]}').subarray(0, 20), /gzip ends too early/, { 'content-encoding': 'gzip' }],
    ]) {
      const requestId = randomUUID();
      assertFailed(await deliver(program, body, headersOf(requestId, more)), 400, requestId, message);
    }
    const requestId = randomUUID();
    assertFailed(await deliver(program, '{}', headersOf(requestId, { 'X-Amz-Firehose-Protocol-Version': '2.0' })), 400, requestId, /expected 1\.0/);
    assertFailed(await deliver(program, '{}', headersOf(requestId, { 'content-encoding': 'zstd' })), 415, requestId, /gzip/);
  });

  it('records that are none are kept, and the delivery is taken', async () => {
    const requestId = randomUUID();
    const body = JSON.stringify({ requestId, timestamp: 1, records: [
      { data: base64(`${eventText('beside', 1)}{"thingName":"half","la`) },
      { data: base64(`t":1}${eventText('beside', 2)}`) },
      { data: 'not base64!' },
      { data: { a: 'object' } },
      {},
      { data: base64(`${eventText('beside', 3)}{"thingName":"no position"}`) },
    ] });
    assertTaken(await deliver(program, body, headersOf(requestId)), requestId);
    assert.equal(await storedOf('beside'), 3);
    const rejects = await rejectsOf(requestId);
    assert.deepEqual(rejects.map(([field]) => field), ['records[0][1]', 'records[1]', 'records[2].data', 'records[3].data', 'records[4]', 'records[5][1]']);
    assert.equal(rejects[0][2], '{"thingName":"half","la');
    assert.equal(rejects[2][2], 'not base64!');
    assert.equal(rejects[3][2], '{"a":"object"}');
  });

  it('a body over the limit is not answered 413', { timeout: 120_000 }, async () => {
    const small = await new Program({ flags: ['--firehose-body-max-bytes', '100000'] }).start();
    const requestId = randomUUID();
    const large = bodyOf(requestId, Array.from({ length: 200 }, (_, i) => eventText('large', i + 1)));
    const message = /^the body may have 100000 bytes: raise firehose-body-max-bytes, or lower the stream's buffer size$/;
    assertFailed(await deliver(small, large, headersOf(requestId)), 400, requestId, message);
    assertFailed(await deliver(small, gzipSync(large), headersOf(requestId, { 'content-encoding': 'gzip' })), 400, requestId, message);
    await deliverRecords(small, [eventText('small', 1)]);
    await small.stop();
  });
});

describe('size and time', () => {
  it('reads 64 MiB in constant memory', { timeout: 300_000 }, async () => {
    await deliverRecords(program, Array.from({ length: 5000 }, (_, i) => eventText(`warm_${i % 10}`, i + 1)));
    const requestId = randomUUID();
    const record = Buffer.from(JSON.stringify({ data: base64(`${eventText('heavy', 1, { more: { note: 'n'.repeat(500_000) } })}`) }));
    const count = Math.floor((64 * 1024 * 1024 - 200) / (record.length + 1));
    const length = `{"requestId":"${requestId}","records":[`.length + count * (record.length + 1) - 1 + 2;
    const request = http.request(program.base + TARGET, { method: 'POST', headers: headersOf(requestId, { 'content-length': length }) });
    const answered = once(request, 'response');
    const start = memoryKb();
    let most = start;
    request.write(`{"requestId":"${requestId}","records":[`);
    for (let i = 0; i < count; i += 1) {
      if (!request.write(i === 0 ? record : Buffer.concat([Buffer.from(','), record]))) {
        await once(request, 'drain');
      }
      most = Math.max(most, memoryKb());
    }
    request.end(']}');
    const [answer] = await answered;
    most = Math.max(most, memoryKb());
    answer.resume();
    assert.equal(answer.statusCode, 200);
    assert.equal(await storedOf('heavy'), 1);
    assert.equal(most - start < 48 * 1024, true, `grew by ${most - start} kB`);
  });

  it('stores what a delivery that broke off had, and takes it again', async () => {
    const requestId = randomUUID();
    const records = Array.from({ length: 2000 }, (_, i) => eventText('cut', i + 1));
    const body = bodyOf(requestId, records);
    for (const share of [0.01, 0.3, 0.99]) {
      const socket = net.connect(program.port, '127.0.0.1');
      const head = Object.entries(headersOf(requestId)).map(([name, value]) => `${name}: ${value}`).join('\r\n');
      socket.write(`POST ${TARGET} HTTP/1.1\r\nHost: a\r\n${head}\r\nContent-Length: ${body.length}\r\n\r\n`);
      socket.write(body.slice(0, body.length * share));
      await sleep(50);
      socket.resetAndDestroy?.() ?? socket.destroy();
    }
    await deliverRecords(program, records, { requestId });
    assert.equal(await storedOf('cut'), 2000);
  });

  it('many at once', { timeout: 120_000 }, async () => {
    await Promise.all(Array.from({ length: 20 }, (_, sender) =>
      deliverRecords(program, Array.from({ length: 500 }, (_, i) => eventText(`at_once_${sender}`, i + 1)), { gzip: sender % 2 === 0 })));
    assert.equal(Number((await program.sql("SELECT count(*) FROM breadcrumb JOIN vehicle USING (vehicle_id) WHERE name LIKE 'at_once\\_%'"))[0][0]), 10_000);
  });
});

describe('faults', () => {
  it('a stop in the middle of a body is answered 503, or the connection ends', { timeout: 120_000 }, async () => {
    const stopping = await new Program().start();
    const requestId = randomUUID();
    const body = bodyOf(requestId, Array.from({ length: 1000 }, (_, i) => eventText('stopped', i + 1)));
    const request = http.request(stopping.base + TARGET, { method: 'POST', headers: headersOf(requestId, { 'content-length': body.length }) });
    const ended = new Promise((resolve) => {
      request.on('response', (answer) => { answer.resume(); resolve(answer.statusCode); });
      request.on('error', () => resolve('cut'));
    });
    request.write(body.slice(0, body.length / 2));
    await eventually(async () => (await stopping.sql('SELECT count(*) FROM breadcrumb'))[0][0] !== '0');
    const stopped = stopping.stop();
    assert.equal([503, 'cut'].includes(await ended), true);
    assert.equal(await stopped, 0);
    assert.doesNotMatch(stopping.log, /ERROR: AddressSanitizer|runtime error/);
  });

  it('with the database away and no spool it is 503, with one it is taken', { timeout: 240_000 }, async () => {
    for (const spool of [0, 1_000_000_000]) {
      const { control, database } = await makeCluster();
      const faulty = await new Program({ database, flags: ['--spool-max-bytes', String(spool)] }).start();
      await control('stop', '-m', 'fast');
      const requestId = randomUUID();
      const records = Array.from({ length: 3000 }, (_, i) => eventText('away', i + 1));
      const answer = await eventually(async () => {
        const said = await deliver(faulty, bodyOf(requestId, records), headersOf(requestId));
        return (spool === 0) === (said.status === 503) && said;
      }, { timeoutMs: 60_000 });
      if (spool === 0) {
        assertFailed(answer, 503, requestId, /^The database is away, try again$/);
        assert.match(answer.headers.get('retry-after'), /^[1-9]$/);
      } else {
        assertTaken(answer, requestId);
      }
      await control('start');
      if (spool === 0) {
        await eventually(async () => (await deliver(faulty, bodyOf(requestId, records), headersOf(requestId))).status === 200, { timeoutMs: 60_000 });
      }
      await eventually(async () => (await faulty.sql('SELECT count(*) FROM breadcrumb'))[0][0] === '3000', { timeoutMs: 60_000 });
      await faulty.stop();
      await control('stop', '-m', 'fast');
    }
  });
});
