// POST /ingest/sns on the real program: which messages are taken, what becomes of what they bring, and that each refusal says why.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { Program, INGEST_KEY, eventually, iotEvent } from './support/program.js';
import { ACCOUNT, AwsStandIn, REGION, SnsAuthority, TOPIC, makeCertificate, postSns, s3Event } from './support/sns_authority.js';

const OTHER_TOPIC = `arn:aws:sns:us-west-2:${ACCOUNT}:other`;
const aws = await new AwsStandIn().start();
const authority = new SnsAuthority(aws);
let program;

before(async () => {
  program = await new Program({ flags: ['--aws-link-endpoint-url', aws.url, '--sns-topics-allowed', `${TOPIC}, ${OTHER_TOPIC}`] }).start();
});

const problem = (answer) => ({ status: answer.status, field: answer.body.errors?.[0]?.name });
const objectsOf = (bucket) => program.sql(`SELECT object_key, found_by, state FROM ingest_object WHERE bucket = '${bucket}' ORDER BY object_key`);
const breadcrumbsOf = (name) => program.sql(
  `SELECT version, source FROM breadcrumb JOIN vehicle USING (vehicle_id) WHERE name = '${name}' ORDER BY version`);

describe('content', () => {
  it('announces the objects of S3 notifications, by both versions of signatures', async () => {
    for (const version of ['1', '2']) {
      const answer = await postSns(program, authority.message(s3Event('sns-bucket', `a b/${version}=x`), { version, fields: { Subject: 'Amazon S3 Notification' } }));
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      assert.deepEqual(answer.body, { announced: 1, ignored: [] });
    }
    const rows = await objectsOf('sns-bucket');
    assert.deepEqual(rows.map(([key, foundBy]) => [key, foundBy]), [['a b/1=x', '1'], ['a b/2=x', '1']]);
  });

  it('stores events, one and several', async () => {
    const one = await postSns(program, authority.message(iotEvent({ vehicle: 'sns_one', version: 1 })));
    assert.equal(one.status, 200, JSON.stringify(one.body));
    assert.deepEqual(one.body, { stored: 1, duplicates: 0, rejected: 0, errors: [] });
    const several = await postSns(program, authority.message([2, 3].map((version) => iotEvent({ vehicle: 'sns_one', version }))));
    assert.equal(several.body.stored, 2);
    assert.deepEqual(await breadcrumbsOf('sns_one'), [['1', '2'], ['2', '2'], ['3', '2']]);
  });

  it('takes the trailing slash, text/plain and JSON', async () => {
    const answer = await postSns(program, authority.message(iotEvent({ vehicle: 'sns_slash' })), { path: '/ingest/sns/', headers: { 'content-type': 'application/json' } });
    assert.equal(answer.status, 200);
  });

  it('passes test events and deletes by', async () => {
    for (const content of [{ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'b' }, s3Event('sns-gone', 'k', { name: 'ObjectRemoved:Delete' })]) {
      const answer = await postSns(program, authority.message(content));
      assert.equal(answer.status, 200);
      assert.equal(answer.body.ignored.length, 1);
    }
    assert.deepEqual(await objectsOf('sns-gone'), []);
  });

  it('keeps what it cannot read, and says where the fault is', async () => {
    const wrong = s3Event('sns-wrong', 'k');
    wrong.Records[0].eventVersion = '3.0';
    const answer = await postSns(program, authority.message(wrong));
    assert.deepEqual(problem(answer), { status: 400, field: 'Message.Records[0].eventVersion' });
    const words = await postSns(program, authority.message('Hello! This is no event.'));
    assert.equal(words.status, 400);
    const kept = await program.sql("SELECT field, reason, source FROM rejected WHERE source = 2 ORDER BY received_at");
    assert.equal(kept.length, 2);
    assert.deepEqual(kept[0], ['Message.Records[0].eventVersion', 'expected 2.x', '2']);
    assert.deepEqual(problem(await postSns(program, authority.message(''))), { status: 400, field: 'Message' });
  });
});

describe('once', () => {
  it('does nothing for a message that was taken', async () => {
    const message = authority.message(s3Event('sns-once', 'k'));
    assert.deepEqual((await postSns(program, message)).body, { announced: 1, ignored: [] });
    await eventually(async () => (await postSns(program, message)).body.repeated === message.MessageId);
    assert.deepEqual(await program.sql(`SELECT source FROM ingest_message WHERE message_id = '${message.MessageId}'`), [['2']]);
  });

  it('does it again when it failed', async () => {
    const message = authority.message('no event');
    assert.equal((await postSns(program, message)).status, 400);
    const bad = { ...authority.message(iotEvent({ vehicle: 'sns_again' })), Message: '{}' };
    assert.equal((await postSns(program, bad)).status, 403);
    assert.deepEqual(await program.sql(`SELECT count(*) FROM ingest_message WHERE message_id = '${bad.MessageId}'`), [['0']]);
  });
});

describe('old ids', () => {
  it('are forgotten after a day', { timeout: 120_000 }, async () => {
    const own = await new Program().start();
    await own.sql("INSERT INTO ingest_message SELECT 2, 'id-' || i, now() - make_interval(hours => i) FROM generate_series(1, 48) AS i");
    await own.sql("INSERT INTO ingest_message SELECT 4, 'old-' || i, now() - interval '3 days' FROM generate_series(1, 6000) AS i");
    assert.equal(await own.stop(), 0);
    own.exit = undefined;
    await own.start();
    await eventually(async () => (await own.sql('SELECT count(*) FROM ingest_message'))[0][0] === '23', { timeoutMs: 60_000 });
    assert.deepEqual(await own.sql("SELECT min(received_at) > now() - interval '1 day' FROM ingest_message"), [['t']]);
    assert.equal(await own.stop(), 0);
  });
});

describe('refusals', () => {
  const cases = [
    ['a topic that is not allowed', () => authority.message('x', { topic: `arn:aws:sns:${REGION}:${ACCOUNT}:strange` }), 403, 'TopicArn'],
    ['an old message', () => authority.message('x', { fields: { Timestamp: new Date(Date.now() - 7_300_000).toISOString() } }), 403, 'Timestamp'],
    ['one from the future', () => authority.message('x', { fields: { Timestamp: new Date(Date.now() + 1_000_000).toISOString() } }), 403, 'Timestamp'],
    ['an altered message', () => authority.message('x', { after: { Message: 'y' } }), 403, 'Signature'],
    ['an altered subject', () => authority.message('x', { after: { Subject: 'y' } }), 403, 'Signature'],
    ['a signature of another version', () => authority.message('x', { version: '1', after: { SignatureVersion: '2' } }), 403, 'Signature'],
    ['another certificate', () => ({ ...new SnsAuthority(aws, { file: '/unused.pem' }).message('x'), SigningCertURL: authority.message('x').SigningCertURL }), 403, 'Signature'],
    ['a certificate elsewhere', () => authority.message('x', { after: { SigningCertURL: 'https://evil.example/a.pem' } }), 403, 'SigningCertURL'],
    ['a certificate of another region', () => authority.message('x', { after: { SigningCertURL: 'https://sns.us-east-1.amazonaws.com/a.pem' } }), 403, 'SigningCertURL'],
    ['a certificate by http', () => authority.message('x', { after: { SigningCertURL: `http://sns.${REGION}.amazonaws.com/a.pem` } }), 403, 'SigningCertURL'],
    ['a certificate that is none', () => authority.message('x', { after: { SigningCertURL: `https://sns.${REGION}.amazonaws.com/a.txt` } }), 403, 'SigningCertURL'],
    ['an unknown signature version', () => authority.message('x', { after: { SignatureVersion: '3' } }), 400, 'SignatureVersion'],
    ['a message without an id', () => authority.message('x', { after: { MessageId: undefined } }), 400, 'MessageId'],
    ['no JSON', () => 'hello', 400, '$'],
  ];
  for (const [what, make, status, field] of cases) {
    it(`refuses ${what}`, async () => {
      const answer = await postSns(program, make());
      assert.deepEqual(problem(answer), { status, field }, JSON.stringify(answer.body));
    });
  }

  it('says which setting allows a topic, and takes none without it', async () => {
    const answer = await postSns(program, authority.message('x', { topic: `arn:aws:sns:${REGION}:${ACCOUNT}:strange` }));
    assert.match(answer.body.detail, /sns-topics-allowed/);
    await eventually(() => /sns_topic_not_allowed .*:strange/.test(program.log));
  });
});

describe('certificates', () => {
  const url = (file) => `https://sns.${REGION}.amazonaws.com${file}`;

  it('are fetched once', async () => {
    const own = new SnsAuthority(aws, { file: '/once.pem' });
    await Promise.all(Array.from({ length: 8 }, (_, i) => postSns(program, own.message(iotEvent({ vehicle: 'sns_certificates', version: i })))));
    assert.equal((await breadcrumbsOf('sns_certificates')).length, 8);
    assert.equal(aws.asked.filter((asked) => asked === '/once.pem').length, 1);
  });

  it('that cannot be had are answered 503, so that SNS tries again, and it can later', async () => {
    const own = new SnsAuthority(aws, { file: '/later.pem' });
    const good = aws.files.get('/later.pem');
    aws.files.set('/later.pem', { cut: true });
    assert.equal((await postSns(program, own.message('x'))).status, 503);
    assert.equal((await postSns(program, own.message('x'))).status, 503);
    aws.files.set('/later.pem', good);
    const message = own.message(iotEvent({ vehicle: 'sns_later' }));
    await eventually(async () => (await postSns(program, message)).status === 200, { timeoutMs: 30_000, everyMs: 500 });
  });

  const unfit = [
    ['a page of a proxy', { status: 200, body: '<html>please sign in</html>' }],
    ['a redirect', { status: 302, headers: { location: `${aws.url}/SimpleNotificationService-test.pem` } }],
    ['not found', { status: 404, body: '' }],
    ['too much', { status: 200, body: authority.certificate.pem + ' '.repeat(20_000) }],
    ['two certificates', { status: 200, body: authority.certificate.pem.repeat(2) }],
    ['another name', { status: 200, body: makeCertificate({ name: 'sns.example.org' }).pem }],
    ['an expired one', { status: 200, body: makeCertificate({ days: -1 }).pem }],
  ];
  unfit.forEach(([what, answer], i) => {
    it(`are not ${what}`, async () => {
      aws.files.set(`/unfit-${i}.pem`, answer);
      const given = await postSns(program, authority.message('x', { fields: { SigningCertURL: url(`/unfit-${i}.pem`) } }));
      assert.equal(given.status, 503, JSON.stringify(given.body));
      assert.equal(given.headers.has('retry-after'), true);
    });
  });
});

describe('raw delivery', () => {
  const raw = (headers) => ({ 'x-amz-sns-rawdelivery': 'true', 'x-amz-sns-topic-arn': TOPIC, 'x-amz-sns-message-id': `raw-${Math.random()}`, ...headers });
  const basic = (password) => `Basic ${Buffer.from(`sns:${password}`).toString('base64')}`;

  it('needs the key, for it is not signed', async () => {
    for (const headers of [{}, { authorization: basic('wrong') }, { authorization: 'Basic !' }, { 'x-ingest-key': 'wrong' }]) {
      const answer = await postSns(program, JSON.stringify(iotEvent({ vehicle: 'sns_raw' })), { headers: raw(headers) });
      assert.deepEqual(problem(answer), { status: 401, field: 'x-ingest-key' });
    }
    const strange = await postSns(program, '{}', { headers: raw({ 'x-ingest-key': INGEST_KEY, 'x-amz-sns-topic-arn': `${TOPIC}x` }) });
    assert.deepEqual(problem(strange), { status: 403, field: 'TopicArn' });
    const headers = raw({ 'x-ingest-key': INGEST_KEY });
    delete headers['x-amz-sns-topic-arn'];
    const nameless = await postSns(program, '{}', { headers });
    assert.deepEqual(problem(nameless), { status: 400, field: 'x-amz-sns-topic-arn' });
    assert.match(nameless.body.detail, /this header is missing/);
    assert.deepEqual(await breadcrumbsOf('sns_raw'), []);
  });

  it('brings events and notifications with it', async () => {
    const authorizations = [{ authorization: basic(INGEST_KEY) }, { authorization: `Bearer ${INGEST_KEY}` }, { 'x-ingest-key': INGEST_KEY }];
    for (const [i, headers] of authorizations.entries()) {
      const answer = await postSns(program, JSON.stringify(iotEvent({ vehicle: 'sns_raw', version: i })), { headers: raw(headers) });
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
    }
    assert.equal((await breadcrumbsOf('sns_raw')).length, 3);
    const same = raw({ 'x-ingest-key': INGEST_KEY });
    assert.deepEqual((await postSns(program, JSON.stringify(s3Event('sns-raw', 'k')), { headers: same })).body, { announced: 1, ignored: [] });
    await eventually(async () => (await postSns(program, JSON.stringify(s3Event('sns-raw', 'k')), { headers: same })).body.repeated !== undefined);
  });
});

describe('subscriptions', () => {
  const stateOf = (topic) => program.sql(`SELECT kind, state, coalesce(reason, '') FROM ingest_confirmation WHERE arn = '${topic}'`);

  it('are confirmed for allowed topics, and the outcome is kept', async () => {
    aws.files.set('/', { status: 200, body: '<ConfirmSubscriptionResponse/>' });
    const message = authority.message('You have chosen to subscribe', { type: 'SubscriptionConfirmation' });
    const answer = await postSns(program, message);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    assert.deepEqual(answer.body, { confirming: TOPIC });
    await eventually(() => aws.asked.includes(message.SubscribeURL.replace(/^https:\/\/[^/]+/, '')));
    await eventually(async () => (await stateOf(TOPIC))[0]?.[1] === 'confirmed');
    await eventually(() => /aws_link_confirmed .*:fleet/.test(program.log));
  });

  it('that AWS refuses are kept with its words', async () => {
    aws.files.set('/', { status: 403, body: '<ErrorResponse><Error><Code>AuthorizationError</Code><Message>token expired</Message></Error></ErrorResponse>' });
    assert.equal((await postSns(program, authority.message('x', { type: 'SubscriptionConfirmation', topic: OTHER_TOPIC }))).status, 200);
    await eventually(async () => (await stateOf(OTHER_TOPIC))[0]?.[1] === 'failed');
    const [[, , reason]] = await stateOf(OTHER_TOPIC);
    assert.notEqual(reason, '');
    await eventually(() => /aws_link_not_confirmed .*:other/.test(program.log));
  });

  it('of other topics, and links elsewhere, are not opened', async () => {
    const before = aws.asked.length;
    const strange = `arn:aws:sns:${REGION}:${ACCOUNT}:strange`;
    assert.deepEqual(problem(await postSns(program, authority.message('x', { type: 'SubscriptionConfirmation', topic: strange }))), { status: 403, field: 'TopicArn' });
    for (const link of ['http://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription', 'https://evil.example/?Action=ConfirmSubscription', `${aws.url}/`]) {
      const answer = await postSns(program, authority.message('x', { type: 'SubscriptionConfirmation', fields: { SubscribeURL: link } }));
      assert.deepEqual(problem(answer), { status: 403, field: 'SubscribeURL' });
    }
    assert.equal(aws.asked.length, before);
    assert.deepEqual(await stateOf(strange), []);
  });

  it('that end are noted, and their link is never opened', async () => {
    const before = aws.asked.length;
    const answer = await postSns(program, authority.message('x', { type: 'UnsubscribeConfirmation' }));
    assert.deepEqual([answer.status, answer.body], [200, { unsubscribed: TOPIC }]);
    await eventually(() => /sns_unsubscribed/.test(program.log));
    assert.equal(aws.asked.length, before);
  });
});

describe('settings', () => {
  it('refuses topics that are none, and a stand-in for AWS that is not on this machine', async () => {
    for (const [flags, words] of [[['--sns-topics-allowed', 'fleet'], /sns-topics-allowed/], [['--aws-link-endpoint-url', 'https://example.org'], /aws-link-endpoint-url/],
      [['--aws-link-endpoint-url', 'http://127.0.0.1.example.org:80'], /aws-link-endpoint-url/], [['--iot-accounts-allowed', '12'], /iot-accounts-allowed/]]) {
      const wrong = new Program({ flags });
      await wrong.start({ waitReady: false });
      assert.notEqual((await wrong.exited).code, 0);
      assert.match(wrong.log, words);
    }
    assert.match(program.log, /aws_links_are_not_opened_at_aws/);
  });
});

describe('stopping', () => {
  it('does not wait for a certificate that does not come, and answers 503', { timeout: 60_000 }, async () => {
    aws.files.set('/hangs.pem', { hangs: true });
    const url = `https://sns.${REGION}.amazonaws.com/hangs.pem`;
    const asked = Promise.all(Array.from({ length: 3 }, () => postSns(program, authority.message('x', { fields: { SigningCertURL: url } }))));
    await eventually(() => aws.asked.includes('/hangs.pem'));
    const started = Date.now();
    assert.equal(await program.stop(), 0);
    assert.equal(Date.now() - started < 15_000, true);
    assert.deepEqual((await asked).map(({ status }) => status), [503, 503, 503]);
  });
});
