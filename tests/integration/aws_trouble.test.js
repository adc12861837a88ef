// An S3 that is slow, busy, elsewhere, cut off, or has another clock.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { test } from 'node:test';
import { AWS_KEYS, awsEnv, fakeEndpoint, respond, s3Error, s3List } from './support/aws_fake.js';
import { makeDataFolder, run } from './support/program.js';

const sha256 = (body) => createHash('sha256').update(body).digest('hex');
const isList = (request) => request.url.includes('list-type=2');

function check(endpoint, args = [], env = {}) {
  return run(['aws-check', 's3://fleet', '--s3-endpoint-url', endpoint.url, ...args], { env: awsEnv({ ...AWS_KEYS, ...env }) });
}

test('SlowDown is waited out', async () => {
  const s3 = await fakeEndpoint((request, response) => (request.count <= 2
    ? respond(response, 503, s3Error('SlowDown')) : respond(response, 200, s3List(['k']))));
  const startedAt = Date.now();
  const { code, out } = await check(s3);
  assert.equal(code, 0);
  assert.match(out, /: 1 objects/);
  assert.equal(s3.requests.length, 3);
  assert.ok(Date.now() - startedAt >= 1500, 'two growing pauses, of half a second and of a second at least');
});

test('a server in trouble is asked five times, then its word is passed on', async () => {
  const s3 = await fakeEndpoint((request, response) => respond(response, 500, s3Error('InternalError')));
  const { code, err } = await check(s3);
  assert.equal(code, 1);
  assert.match(err, /S3 ListObjectsV2 fleet\/: InternalError: says the test \(HTTP 500\) \(after 5 tries\)/);
  assert.equal(s3.requests.length, 5);
});

test('a server whose clock is another is answered with its own time', async () => {
  const there = new Date('2030-01-01T00:00:00Z');
  const s3 = await fakeEndpoint((request, response) => (request.headers['x-amz-date'].startsWith('20300101T00')
    ? respond(response, 200, isList(request) ? s3List(['k']) : 'body')
    : respond(response, 403, s3Error('RequestTimeTooSkewed'), { date: there.toUTCString() })));
  const { code, err } = await check(s3, ['--read']);
  assert.equal(code, 0, err);
  assert.equal(s3.requests.length, 3, 'corrected once, and remembered for the object');
  assert.match(err, /event=aws_clock_corrected/);
});

test('a clock that stays wrong is an error', async () => {
  const s3 = await fakeEndpoint((request, response) => respond(response, 403, s3Error('RequestTimeTooSkewed')));
  const { code, err } = await check(s3);
  assert.equal(code, 1);
  assert.match(err, /RequestTimeTooSkewed/);
  assert.equal(s3.requests.length, 2);
});

for (const [status, code, headers] of [
  [400, 'AuthorizationHeaderMalformed', {}],
  [301, 'PermanentRedirect', { 'x-amz-bucket-region': 'us-west-2' }],
]) {
  test(`a bucket of another region is found: ${status} ${code}`, async () => {
    const s3 = await fakeEndpoint((request, response) => (request.headers.authorization.includes('/us-west-2/s3/')
      ? respond(response, 200, isList(request) ? s3List(['k']) : 'x')
      : respond(response, status, s3Error(code, '<Region>us-west-2</Region>'), headers)));
    const result = await check(s3, ['--read']);
    assert.equal(result.code, 0, result.err);
    assert.equal(s3.requests.length, 3, 'learned once, and remembered for the object');
  });
}

test('a redirect to another port of the same host is followed with a new signature', async () => {
  const second = await fakeEndpoint((request, response) => respond(response, 200, isList(request) ? s3List(['k']) : 'x'));
  const first = await fakeEndpoint((request, response) => respond(response, 307, s3Error('TemporaryRedirect'),
    { location: `${second.url}${request.url}` }));
  const { code, err } = await check(first, ['--read']);
  assert.equal(code, 0, err);
  assert.equal(first.requests.length, 1);
  assert.equal(second.requests.length, 2);
  assert.equal(second.requests[0].headers.host, `127.0.0.1:${second.port}`);
  assert.notEqual(second.requests[0].headers.authorization, first.requests[0].headers.authorization);
});

test('redirects in a circle and redirects to strangers end', async () => {
  const circle = await fakeEndpoint((request, response) => respond(response, 307, s3Error('TemporaryRedirect'),
    { location: `http://127.0.0.1:${circle.port}${request.url}` }));
  assert.match((await check(circle)).err, /TemporaryRedirect.*HTTP 307/);
  assert.ok(circle.requests.length <= 4);
  const stranger = await fakeEndpoint((request, response) => respond(response, 307, s3Error('TemporaryRedirect'),
    { location: `http://stranger.example${request.url}` }));
  assert.match((await check(stranger)).err, /TemporaryRedirect.*HTTP 307/);
  assert.equal(stranger.requests.length, 1);
});

test('an object that breaks off is read on where it stood', async () => {
  const body = Buffer.alloc(300_000, 'crumbtrail ');
  const s3 = await fakeEndpoint((request, response) => {
    if (isList(request)) {
      respond(response, 200, s3List(['big'], { size: body.length }));
      return;
    }
    const first = Number(/bytes=(\d+)-/.exec(request.headers.range ?? 'bytes=0-')[1]);
    assert.equal(request.headers['if-match'], first === 0 ? undefined : '"e"');
    response.writeHead(first === 0 ? 200 : 206, { etag: '"e"', 'content-length': body.length - first });
    if (first < 200_000) {
      response.write(body.subarray(first, first + 100_000), () => response.destroy());
    } else {
      response.end(body.subarray(first));
    }
  });
  const { code, out, err } = await check(s3, ['--read']);
  assert.equal(code, 0, err);
  assert.ok(out.includes(`${sha256(body)} ${body.length} big`));
  assert.ok(s3.requests.length > 3);
});

test('an object that drips or stands still is given up on', async () => {
  const s3 = await fakeEndpoint((request, response) => {
    if (isList(request)) {
      respond(response, 200, s3List(['slow'], { size: 1000 }));
      return;
    }
    response.writeHead(200, { etag: '"e"', 'content-length': 1000 });
    const timer = setInterval(() => response.write('x'), 20); /* 50 bytes a second */
    response.on('close', () => clearInterval(timer));
  });
  const { code, out, err } = await check(s3, ['--read', '--aws-timeout-ms', '200']);
  assert.equal(code, 1);
  assert.match(err, /S3 GetObject fleet\/slow: nothing moved for 200 ms/);
  assert.match(out, /reading: +0 objects, 0 bytes, 1 failed/);
});

test('a list that does not come, is cut, or is none', async () => {
  const silent = await fakeEndpoint(() => {});
  assert.match((await check(silent, ['--aws-timeout-ms', '100'])).err, /S3 ListObjectsV2 fleet\/: .*(timed out|Timeout).* \(after 5 tries\)/i);
  const cut = await fakeEndpoint((request, response) => respond(response, 200, s3List(['k']).slice(0, 150)));
  assert.match((await check(cut)).err, /the answer is no list: line 1: /);
  const page = await fakeEndpoint((request, response) => respond(response, 200, '<html><body>It works!</body></html>'));
  assert.match((await check(page)).err, /the answer is no list/);
  const huge = await fakeEndpoint((request, response) => respond(response, 200, Buffer.alloc(25 * 1024 * 1024, ' ')));
  assert.match((await check(huge)).err, /the answer is over 25165824 bytes/);
});

test('a certificate that nobody vouches for is refused, unless AWS_CA_BUNDLE does', async () => {
  const folder = makeDataFolder();
  const [key, certificate] = [`${folder}/key.pem`, `${folder}/cert.pem`];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, '-days', '1',
    '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'], { stdio: 'ignore' });
  const s3 = await fakeEndpoint((request, response) => respond(response, 200, s3List(['k'])),
    { key: fs.readFileSync(key), cert: fs.readFileSync(certificate) });
  const endpoint = { url: `https://localhost:${s3.port}` };
  const refused = await check(endpoint);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /S3 ListObjectsV2 fleet\/: SSL certificate problem: self.signed certificate/);
  assert.doesNotMatch(refused.err, /tries/);
  const trusted = await check(endpoint, [], { AWS_CA_BUNDLE: certificate });
  assert.equal(trusted.code, 0, trusted.err);
  const otherName = await check({ url: `https://127.0.0.1:${s3.port}` }, [], { AWS_CA_BUNDLE: certificate });
  assert.match(otherName.err, /no alternative certificate subject name matches/);
  assert.equal(s3.requests.length, 1);
});

test('nobody there', async () => {
  const { code, err } = await check({ url: 'http://127.0.0.1:1' });
  assert.equal(code, 1);
  assert.match(err, /S3 ListObjectsV2 fleet\/: Failed to connect to 127\.0\.0\.1 port 1.* \(after 5 tries\)/);
});

test('wrong locations and endpoints are named', async () => {
  const place = await run(['aws-check', 'fleet/prefix'], { env: awsEnv(AWS_KEYS) });
  assert.equal(place.code, 2);
  assert.match(place.err, /"fleet\/prefix" is not of the form s3:\/\/BUCKET\/PREFIX/);
  const endpoint = await run(['aws-check', '--s3-endpoint-url', 'localhost:9000'], { env: awsEnv(AWS_KEYS) });
  assert.equal(endpoint.code, 1);
  assert.match(endpoint.err, /s3-endpoint-url: expected https:\/\/HOST\[:PORT\]\[\/PATH\], not "localhost:9000"/);
  const style = await run(['aws-check', '--s3-path-style', 'maybe'], { env: awsEnv(AWS_KEYS) });
  assert.equal(style.code, 2);
  assert.match(style.err, /s3-path-style: expected auto\|yes\|no/);
  const many = await run(['aws-check', 's3://a', 's3://b'], { env: awsEnv(AWS_KEYS) });
  assert.equal(many.code, 2);
  assert.match(many.err, /s3:\/\/b: is one argument too many/);
});
