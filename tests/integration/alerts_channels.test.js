// The other ways to people: mail over SMTP with and without TLS, SNS; and what channels and policies refuse.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { AWS_KEYS, awsEnv, fakeEndpoint, respond } from './support/aws_fake.js';
import { addVehicles, plant, send } from './support/conditions.js';
import { mailServer, makeCertificate } from './support/mail_server.js';
import { Program, eventually, run } from './support/program.js';
import { receiver } from './support/receivers.js';

const LONG = { timeoutMs: 60_000 };
const ARN = 'arn:aws:sns:eu-west-1:123456789012:alerts';

async function start(flags, env = {}) {
  const program = await new Program({ flags: ['--message-timeout-ms', '4000', ...flags], env }).start();
  await addVehicles(program, ['truck_1']);
  return program;
}

async function channel(program, name, body) {
  const answer = await send(program, 'PUT', `/v1/channels/${name}`, body);
  assert.equal(answer.status, 201, answer.text);
  assert.equal((await send(program, 'PUT', `/v1/alert-policies/${name}`, { channels: [name] })).status, 201);
}

const tooWarm = (began, more = {}) => ({ vehicle: 'truck_1', kind: 'temperature', began, value: 9.5, limit: 8, ...more });
const took = (server, count) => eventually(() => server.mails.length >= count && server.mails, { ...LONG, what: `${count} mails` });

test('a mail over STARTTLS, with a user, threaded, in UTF-8', async () => {
  const certificate = makeCertificate();
  const server = await mailServer({ tls: certificate, needsUser: { name: 'fleet', password: 'pass word' }, unknown: ['gone@example.org'] });
  const program = await start(['--smtp-url', server.url, '--smtp-user', 'fleet', '--mail-from', 'Fleet Röhr <fleet@example.org>',
    '--ca-file', certificate.file, '--public-url', 'https://fleet.example.org/'], { CRUMBTRAIL_SMTP_PASSWORD: 'pass word' });
  await channel(program, 'mail', { kind: 'mail', addresses: ['ada@example.org', 'gone@example.org', 'bob@example.org'] });
  const began = Date.now() - 5000;
  await plant(program, tooWarm(began));
  await took(server, 1);
  await plant(program, tooWarm(began, { ended: Date.now() }));
  const [fired, cleared] = await took(server, 2);
  assert.deepEqual([fired.isSecure, fired.user, fired.from, fired.to], [true, 'fleet', 'fleet@example.org', ['ada@example.org', 'bob@example.org']]);
  assert.equal(fired.headers.subject, 'truck_1 is too warm: 9.5 °C, limit 8 °C');
  assert.equal(cleared.headers.subject, 'Cleared: truck_1 is too warm: 9.5 °C, limit 8 °C');
  assert.equal(fired.headers.from, 'Fleet Röhr <fleet@example.org>');
  assert.equal(fired.headers.to, '<ada@example.org>, <gone@example.org>, <bob@example.org>');
  assert.match(fired.headers['message-id'], /^<[0-9a-f-]{36}@example\.org>$/);
  assert.equal(cleared.headers['in-reply-to'], fired.headers['message-id']);
  assert.equal(cleared.headers.references, fired.headers['message-id']);
  assert.ok(Math.abs(Date.parse(fired.headers.date) - Date.now()) < 120_000);
  assert.equal(fired.headers['auto-submitted'], 'auto-generated');
  assert.match(fired.text, /Worst: 9.5 °C\r\nLimit: 8 °C\r\n/);
  assert.match(fired.text, /https:\/\/fleet\.example\.org\//);
  assert.ok(fired.head.split('\r\n').every((line) => /^[\x20-\x7e\t]*$/.test(line) && line.length <= 78), fired.head);
  const delivery = await eventually(async () => (await program.get('/v1/alerts/deliveries?state=delivered')).body.items.at(-1), LONG);
  assert.match(delivery.answer, /not to all: 550 5\.1\.1 gone@example\.org/);
  assert.equal(await program.stop(), 0);
});

test('no TLS, no mail, unless it is off; a refusal is tried again under the same Message-ID', async () => {
  const open = await mailServer({ refuse: (count) => (count === 1 ? '451 4.3.0 later' : undefined) });
  const strict = await start(['--smtp-url', open.url, '--mail-from', 'fleet@example.org']);
  await channel(strict, 'mail', { kind: 'mail', addresses: ['ada@example.org'] });
  await plant(strict, tooWarm(Date.now() - 1000));
  const refused = await eventually(async () => (await strict.get('/v1/alerts/deliveries')).body.items.find(({ answer }) => answer), LONG);
  assert.equal(open.mails.length, 0);
  assert.match(refused.answer, /TLS|SSL/i);
  await strict.stop();
  const plain = await start(['--smtp-url', open.url, '--mail-from', 'fleet@example.org', '--smtp-tls', 'off']);
  await channel(plain, 'mail', { kind: 'mail', addresses: ['ada@example.org'] });
  await plant(plain, tooWarm(Date.now() - 1000));
  const [first, second] = await took(open, 2);
  assert.equal(first.headers['message-id'], second.headers['message-id']);
  await eventually(async () => (await plain.get('/v1/alerts/deliveries?state=delivered')).body.items.length === 1, LONG);
  await plain.stop();
});

test('smtps from the first byte; a certificate that nobody vouches for is refused', async () => {
  const certificate = makeCertificate();
  const server = await mailServer({ tls: certificate, isImplicit: true });
  const program = await start(['--smtp-url', server.url, '--mail-from', 'fleet@example.org']);
  await channel(program, 'mail', { kind: 'mail', addresses: ['ada@example.org'] });
  assert.equal((await send(program, 'POST', '/v1/channels/mail/test')).status, 202);
  const failed = await eventually(async () => (await program.get('/v1/alerts/deliveries')).body.items.find(({ answer }) => answer), LONG);
  assert.match(failed.answer, /certificate/i);
  assert.equal(server.mails.length, 0);
  await program.stop();
  const trusting = await start(['--smtp-url', server.url, '--mail-from', 'fleet@example.org', '--ca-file', certificate.file]);
  await channel(trusting, 'mail', { kind: 'mail', addresses: ['ada@example.org'] });
  await send(trusting, 'POST', '/v1/channels/mail/test');
  const [mail] = await took(server, 1);
  assert.equal(mail.headers.subject, 'Test message of channel mail');
  await trusting.stop();
});

test('SNS: signed for the topic, a form for each kind of subscription; a refusal is tried again', async () => {
  const sns = await fakeEndpoint(({ count }, response) => (count === 1
    ? respond(response, 403, '<ErrorResponse><Error><Code>AuthorizationError</Code><Message>not allowed to SNS:Publish</Message></Error></ErrorResponse>')
    : respond(response, 200, '<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>')));
  const program = await start(['--sns-endpoint-url', sns.url, '--aws-region', 'eu-west-1'], awsEnv(AWS_KEYS));
  await channel(program, 'topic', { kind: 'sns', topic_arn: ARN });
  await plant(program, tooWarm(Date.now() - 1000));
  const refused = await eventually(async () => (await program.get('/v1/alerts/deliveries')).body.items.find(({ answer }) => answer), LONG);
  assert.match(refused.answer, /AuthorizationError: not allowed/);
  await eventually(() => sns.requests.length >= 2, LONG);
  const [first, second] = sns.requests.map(({ body }) => new URLSearchParams(body));
  assert.match(sns.requests[1].headers.authorization, /^AWS4-HMAC-SHA256 Credential=AKIATESTTESTTEST\/\d{8}\/eu-west-1\/sns\/aws4_request/);
  assert.deepEqual([second.get('Action'), second.get('TopicArn'), second.get('MessageStructure')], ['Publish', ARN, 'json']);
  const forms = JSON.parse(second.get('Message'));
  assert.equal(JSON.parse(forms.default).type, 'alert.fired');
  assert.equal(forms.sms, 'truck_1 is too warm: 9.5 °C, limit 8 °C');
  assert.match(forms.email, /Vehicle: truck_1/);
  assert.match(second.get('Subject'), /^[\x20-\x7e]{1,100}$/);
  assert.equal(first.get('Message'), second.get('Message'));
  assert.equal(await program.stop(), 0);
});

test('private addresses, by number and by name, are not called unless allowed', async () => {
  const inside = await receiver();
  const program = await start(['--webhook-hosts-allowed', 'hooks.internal, 10.1.0.0/16']);
  for (const [url, why] of [[inside.url, /https/], ['https://127.0.0.1/x', /private network/], ['https://169.254.169.254/latest', /private network/],
    ['https://[::1]/x', /private network/], ['https://localhost/x', /private network/], ['https://192.168.1.4/', /private network/],
    ['ftp://example.org/', /https/], ['https://user:pass@example.org/', /user/], ['https://[::ffff:10.2.0.1]/', /private network/]]) {
    const answer = await send(program, 'PUT', '/v1/channels/inside', { kind: 'webhook', url });
    assert.equal(answer.status, 400, url);
    assert.deepEqual([answer.body.errors[0].name, why.test(answer.body.detail)], ['url', true], `${url}: ${answer.body.detail}`);
  }
  assert.equal((await send(program, 'PUT', '/v1/channels/named', { kind: 'webhook', url: 'http://hooks.internal:9/x' })).status, 201);
  assert.equal((await send(program, 'PUT', '/v1/channels/ranged', { kind: 'webhook', url: 'https://10.1.2.3/x' })).status, 201);
  // A name that looks public and leads inside: judged when it is connected to.
  await send(program, 'PUT', '/v1/channels/sly', { kind: 'webhook', url: 'https://example.org/x' });
  await program.sql(`UPDATE alert_channel SET url = 'http://localhost:${inside.port}/hook' WHERE name = 'sly'`);
  await send(program, 'POST', '/v1/channels/sly/test');
  const [refused] = await eventually(async () => {
    const { body } = await program.get('/v1/alerts/deliveries?channel=sly');
    return body.items[0].answer && body.items;
  }, LONG);
  assert.match(refused.answer, /private network/);
  assert.equal(inside.requests.length, 0);
  await program.stop();
});

test('what channels, policies, mutes and commands refuse names the field', async () => {
  const program = await start([]);
  await send(program, 'PUT', '/v1/channels/hook', { kind: 'webhook', url: 'https://example.org/x' });
  const cases = [
    ['PUT', '/v1/channels/a%20b', { kind: 'webhook', url: 'https://example.org/' }, 400, 'name'],
    ['PUT', '/v1/channels/x', {}, 400, 'kind'],
    ['PUT', '/v1/channels/x', { kind: 'fax' }, 400, 'kind'],
    ['PUT', '/v1/channels/x', { kind: 'webhook' }, 400, 'url'],
    ['PUT', '/v1/channels/x', { kind: 'webhook', url: 'https://example.org/', addresses: ['a@b.c'] }, 400, 'addresses'],
    ['PUT', '/v1/channels/x', { kind: 'webhook', url: 'https://example.org/', secret: 'whsec_short' }, 400, 'secret'],
    ['PUT', '/v1/channels/x', { kind: 'mail', addresses: ['a@b.c'] }, 409],
    ['PUT', '/v1/channels/x', { kind: 'mail', addresses: ['not an address'] }, 400, 'addresses[0]'],
    ['PUT', '/v1/channels/x', { kind: 'sns', topic_arn: 'arn:aws:sqs:eu-west-1:1:x' }, 400, 'topic_arn'],
    ['PUT', '/v1/channels/x', { kind: 'sns', topic_arn: ARN, secret: `whsec_${Buffer.alloc(32).toString('base64')}` }, 400, 'secret'],
    ['PUT', '/v1/channels/x', { kind: 'webhook', url: 'https://example.org/', colour: 'red' }, 400, 'colour'],
    ['PUT', '/v1/alert-policies/x', {}, 400, 'channels'],
    ['PUT', '/v1/alert-policies/x', { channels: ['nobody'] }, 400, 'channels'],
    ['PUT', '/v1/alert-policies/x', { channels: ['hook'], escalate: [{ after_s: 60, channels: ['nobody'] }] }, 400, 'escalate'],
    ['PUT', '/v1/alert-policies/x', { channels: ['hook'], kinds: ['fire'] }, 400, 'kinds[0]'],
    ['PUT', '/v1/alert-policies/x', { channels: ['hook'], repeat_every_s: 5 }, 400, 'repeat_every_s'],
    ['PUT', '/v1/alert-policies/x', { channels: ['hook'], escalate: [{ after_s: 60, channels: ['hook'] }, { after_s: 60, channels: ['hook'] }] }, 400, 'escalate[1]'],
    ['PUT', '/v1/alert-policies/x', { channels: ['hook'], quiet_hours: { from: '25:00', to: '06:00' } }, 400, 'quiet_hours.from'],
    ['PUT', '/v1/alert-policies/x', { channels: ['hook'], quiet_hours: { from: '22:00' } }, 400, 'quiet_hours'],
    ['POST', '/v1/mutes', { vehicle: 'nobody', for_s: 60 }, 400, 'vehicle'],
    ['POST', '/v1/mutes', { kind: 'fire', for_s: 60 }, 400, 'kind'],
    ['POST', '/v1/mutes', {}, 400, 'until'],
    ['POST', '/v1/mutes', { until: '2020-01-01T00:00:00Z', for_s: 60 }, 400, 'for_s'],
    ['POST', '/v1/alerts/7/mute', { until: null, for_s: 60 }, 400, 'for_s'],
    ['POST', '/v1/mutes', { until: '2020-01-01T00:00:00Z' }, 400, 'until'],
    ['POST', '/v1/alerts/x/acknowledge', {}, 400, 'id'],
    ['POST', '/v1/alerts/7/acknowledge', {}, 404],
    ['POST', '/v1/alerts/7/note', {}, 400, 'note'],
    ['POST', '/v1/alerts/7/assign', {}, 400, 'to'],
    ['POST', '/v1/alerts/7/mute', {}, 400, 'until'],
    ['POST', '/v1/alerts/7/mute', { mood: 1 }, 400, 'mood'],
  ];
  for (const [method, target, body, status, field] of cases) {
    const answer = await send(program, method, target, body);
    assert.equal(answer.status, status, `${method} ${target} ${JSON.stringify(body)}: ${answer.text}`);
    assert.equal(answer.headers.get('content-type'), 'application/problem+json');
    if (field) {
      assert.equal(answer.body.errors[0].name, field, answer.text);
    }
  }
  assert.equal((await send(program, 'PUT', '/v1/alert-policies/all', { channels: ['hook'], quiet_hours: { from: '22:00', to: '06:00' } })).status, 201);
  const policy = (await program.get('/v1/alert-policies/all')).body.policy;
  assert.deepEqual(policy, { enabled: true, kinds: [], severities: [], fleets: [], vehicles: [], channels: ['hook'], repeat_every_s: null,
    escalate: [], quiet_hours: { from: '22:00', to: '06:00', pass: [] }, tell_acknowledged: false });
  assert.equal((await send(program, 'PUT', '/v1/alert-policies/all', policy)).status, 200, 'what is read can be set');
  assert.equal((await send(program, 'DELETE', '/v1/channels/hook')).status, 409);
  assert.equal((await send(program, 'DELETE', '/v1/alert-policies/all')).status, 204);
  assert.equal((await send(program, 'DELETE', '/v1/channels/hook')).status, 204);
  const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
  assert.equal((await send(program, 'PUT', '/v1/channels/own', { kind: 'webhook', url: 'https://example.org/x', secret })).body.secret, undefined);
  assert.doesNotMatch((await program.get('/v1/channels')).text + (await program.get('/v1/channels/own')).text, /secret|whsec/);
  assert.equal((await program.get('/v1/channels', { method: 'HEAD' })).status, 200);
  assert.match((await program.get('/v1/channels/own', { method: 'OPTIONS' })).headers.get('allow'), /DELETE.*PUT|PUT.*DELETE/);
  await program.stop();
});

test('the lines that deploy/alerts.md shows to receivers verify what is sent, and know a repeat', async () => {
  const file = path.resolve(path.dirname(new URL(import.meta.url).pathname), '../../deploy/alerts.md');
  const [, code] = /```js\n([\s\S]*?)```/.exec(fs.readFileSync(file, 'utf8'));
  const { verify } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  const hook = await receiver((request, response, count) => response.writeHead(count === 1 ? 500 : 200).end());
  const program = await start(['--webhook-hosts-allowed', '127.0.0.1']);
  const { body: { secret } } = await send(program, 'PUT', '/v1/channels/hook', { kind: 'webhook', url: hook.url });
  await send(program, 'POST', '/v1/channels/hook/test');
  await eventually(() => hook.requests.length >= 2, LONG);
  const [first, second] = hook.requests;
  assert.deepEqual(verify(secret, first.headers, first.body), { isGenuine: true, isNew: true });
  assert.deepEqual(verify(secret, second.headers, second.body), { isGenuine: true, isNew: false });
  assert.equal(verify(secret, second.headers, `${second.body} `).isGenuine, false);
  assert.equal(verify(secret, { ...second.headers, 'webhook-timestamp': '1' }, second.body).isGenuine, false);
  await program.stop();
});

test('settings that cannot be are refused at the start, by their name', async () => {
  for (const [flags, name] of [[['--webhook-hosts-allowed', 'a b'], 'webhook-hosts-allowed'], [['--smtp-url', 'http://x'], 'smtp-url'],
    [['--smtp-url', 'smtp://x', '--mail-from', 'nobody'], 'mail-from']]) {
    const { code, err } = await run(['serve', '--listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0', '--data', new Program().data, ...flags]);
    assert.equal(code, 1);
    assert.match(err, new RegExp(`event=not_started error=setup field=${name}`));
  }
});
