// deploy/aws/crumbtrail.yaml fits the program: what its rule emits and the names that its actions give are read, its notifications do
// not overlap, its policy grants what the program calls, and its outputs are settings that exist.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { applyRule, fillTemplate, loadTemplate } from './support/cloudformation.js';
import { FakeS3 } from './support/fake_s3.js';
import { FakeSqs } from './support/fake_sqs.js';
import { s3Notification } from './support/fleet_objects.js';
import { INGEST_KEY, Program, eventually, run } from './support/program.js';

const ROOT = path.resolve(path.dirname(new URL(import.meta.url).pathname), '../..');
const FILE = path.join(ROOT, 'deploy/aws/crumbtrail.yaml');
const ALL = { IngestHost: 'fleet.example.com', IngestKey: INGEST_KEY, FirehoseAction: 'http-and-s3', S3Layout: 's3p',
  HttpsNotifications: 'yes', Identity: 'ec2-role' };
const TOPIC = '$aws/things/iotfleet_thc_121/shadow/update/documents';

const rule = (template) => template.resources.Rule.Properties.TopicRulePayload;
const action = (template, kind) => rule(template).Actions.find((one) => kind in one)?.[kind];

/** What AWS IoT publishes on the topic, and what the generator says that the rule makes of it. */
async function publishedAndEmitted() {
  const { out } = await run(['simulate', '--vehicles', '1', '--move', '2', '--to', '-', '--start', '2026-11-22T08:00:00Z']);
  const emitted = JSON.parse(out.trimEnd().split('\n')[1]);
  const { thingnm, thetopic, ...payload } = emitted;
  assert.equal(thetopic.split('/')[2], thingnm);
  return { topic: thetopic, payload, emitted };
}

test('every combination of parameters makes a template without loose ends', () => {
  for (const host of ['', 'fleet.example.com']) {
    for (const FirehoseAction of host ? ['s3', 'http-and-s3', 'none'] : ['s3', 'none']) {
      for (const S3Layout of ['none', 's3', 's3p']) {
        for (const HttpAction of ['yes', 'no']) {
          for (const HttpsNotifications of host ? ['yes', 'no'] : ['no']) {
            const template = loadTemplate(FILE, { IngestHost: host, IngestKey: host && INGEST_KEY, FirehoseAction, S3Layout,
              HttpAction, HttpsNotifications });
            assert.equal(action(template, 'Http') !== undefined, host !== '' && HttpAction === 'yes');
            assert.equal('Destination' in template.resources, host !== '' && HttpAction === 'yes');
            assert.equal(action(template, 'Firehose') !== undefined, FirehoseAction !== 'none');
            assert.equal(action(template, 'S3') !== undefined, S3Layout !== 'none');
          }
        }
      }
    }
  }
  assert.throws(() => loadTemplate(FILE, { IngestHost: 'https://fleet.example.com/' }), /IngestHost/);
  assert.throws(() => loadTemplate(FILE, { KeyPrefix: 'iot/fleet' }), /KeyPrefix/);
});

test('the rule is the article\'s, in the SQL version that it needs, and emits what the generator writes', async () => {
  const payload = rule(loadTemplate(FILE));
  assert.equal(payload.AwsIotSqlVersion, '2016-03-23');
  assert.equal(payload.Sql.replace(/\s+/g, ' ').trim(), 'SELECT topic(3) as thingnm, topic() as thetopic, * FROM '
    + "'$aws/things/+/shadow/update/documents' WHERE startswith(topic(3), 'iotfleet_')");
  const published = await publishedAndEmitted();
  assert.deepEqual(applyRule(payload.Sql, published.topic, published.payload), published.emitted);
  assert.equal(applyRule(payload.Sql, '$aws/things/other_1/shadow/update/documents', {}), null);
  assert.equal(applyRule(payload.Sql, '$aws/things/iotfleet_1/shadow/update/accepted', {}), null);
});

test('the program takes what the rule posts, where and with the header with which it does', async () => {
  const program = await new Program().start();
  const template = loadTemplate(FILE, ALL);
  const http = action(template, 'Http');
  const { topic, payload } = await publishedAndEmitted();
  const event = applyRule(rule(template).Sql, topic, payload);
  const headers = Object.fromEntries(http.Headers.map(({ Key, Value }) => [Key, Value]));
  const url = new URL(http.Url);
  assert.equal(url.origin, 'https://fleet.example.com');
  for (const [body, stored] of [[event, 1], [[event, { ...event, thingnm: 'iotfleet_2' }], 1]]) {
    const answer = await program.post(body, { key: null, headers, path: url.pathname });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    assert.equal(answer.body.stored, stored);
  }
  assert.equal(template.resources.Destination.Properties.HttpUrlProperties.ConfirmationUrl, http.Url);
  assert.ok(http.BatchConfig.BatchAcrossTopics);
  assert.equal(await program.stop(), 0, program.log);
});

test('the names of objects are those that the generator gives', () => {
  const { KeyPrefix: prefix } = loadTemplate(FILE).parameters;
  const name = (S3Layout) => fillTemplate(action(loadTemplate(FILE, { S3Layout }), 'S3').Key, TOPIC);
  assert.equal(name('s3'), `${prefix}s3/iotfleet_thc_121/1463704133689`);
  assert.equal(name('s3p'), `${prefix}s3p/thingname=iotfleet_thc_121/1463704133689`);
  const cases = fs.readFileSync(path.join(ROOT, 'tests/cases/generator/object_names.txt'), 'utf8');
  assert.ok(cases.includes(name('s3')) && cases.includes(name('s3p')));
  const streams = [loadTemplate(FILE).resources.Stream.Properties.ExtendedS3DestinationConfiguration,
    loadTemplate(FILE, ALL).resources.HttpStream.Properties.HttpEndpointDestinationConfiguration.S3Configuration];
  for (const { Prefix, ErrorOutputPrefix } of streams) {
    assert.equal(Prefix, `${prefix}firehose/`);
    assert.match(ErrorOutputPrefix, /^iot\/iotfleet\/errors\/firehose\/!\{firehose:error-output-type\}\/$/);
  }
});

test('the vehicle is read from the names that the template gives, and from the topic of an error', async () => {
  const s3 = await new FakeS3().start();
  const queue = await new FakeSqs().start();
  const program = await new Program({ flags: [...s3.flags, ...queue.flags], env: s3.env }).start();
  const bare = (seconds) => ({ state: { reported: { location: { lat: 45.5, lon: -122.7 } } }, timestamp: seconds });
  const put = (name, template, body) => {
    const key = fillTemplate(template, TOPIC.replace('iotfleet_thc_121', name));
    s3.put(key, JSON.stringify(body));
    queue.send(s3Notification(s3.bucket, [{ key, etag: s3.objects.get(key).etag, size: s3.objects.get(key).body.length }]));
  };
  for (const S3Layout of ['s3', 's3p']) {
    put(`iotfleet_by_${S3Layout}`, action(loadTemplate(FILE, { S3Layout }), 'S3').Key, bare(1780000000));
  }
  put('iotfleet_of_error', rule(loadTemplate(FILE)).ErrorAction.S3.Key, { ruleName: 'iotfleetrule',
    topic: TOPIC.replace('iotfleet_thc_121', 'iotfleet_by_topic'), base64OriginalPayload: Buffer.from(JSON.stringify(bare(1780000001))).toString('base64'),
    failures: [{ failedAction: 'HttpAction', failedResource: 'https://fleet.example.com/ingest/iot', errorMessage: 'StatusCode: 503.' }] });
  await eventually(() => queue.messages.length === 0, { timeoutMs: 60_000, what: 'the queue' });
  const names = await eventually(async () => {
    const rows = await program.sql('SELECT name FROM breadcrumb JOIN vehicle USING (vehicle_id) ORDER BY name');
    return rows.length >= 3 && rows.flat();
  }, { timeoutMs: 60_000, what: 'the rows' });
  assert.deepEqual(names, ['iotfleet_by_s3', 'iotfleet_by_s3p', 'iotfleet_by_topic']);
  assert.equal(await program.stop(), 0, program.log);
  s3.stop();
});

test('every object with events is told of, once; what is told of holds events', () => {
  const template = loadTemplate(FILE, ALL);
  const told = template.resources.Bucket.Properties.NotificationConfiguration.TopicConfigurations
    .map(({ Event, Filter }) => {
      assert.equal(Event, 's3:ObjectCreated:*');
      assert.deepEqual(Filter.S3Key.Rules.map(({ Name }) => Name), ['prefix']);
      return Filter.S3Key.Rules[0].Value;
    });
  for (const prefix of told) {
    assert.ok(prefix.endsWith('/'));
    assert.deepEqual(told.filter((other) => other.startsWith(prefix)), [prefix], 'prefixes must not overlap');
  }
  const matches = (key) => told.filter((prefix) => key.startsWith(prefix)).length;
  for (const S3Layout of ['s3', 's3p']) {
    assert.equal(matches(fillTemplate(action(loadTemplate(FILE, { S3Layout }), 'S3').Key, TOPIC)), 1);
  }
  assert.equal(matches(fillTemplate(rule(template).ErrorAction.S3.Key, TOPIC)), 1);
  assert.equal(matches('iot/iotfleet/firehose/2026/11/22/08/iotfleet-1-2026-11-22-08-00-00-x.gz'), 1);
  assert.equal(matches('iot/iotfleet/errors/firehose/http-endpoint-failed/2026/11/22/08/x'), 1);
});

// IAM has one action for each call, but for a few.
const ACTIONS_OF = { s3_get_request: ['s3:GetObject', 's3:GetObjectVersion'], s3_head_request: ['s3:GetObject', 's3:GetObjectVersion'],
  s3_list_request: ['s3:ListBucket'], s3_list_page: ['s3:ListBucket'], iot_get_shadow_request: ['iot:GetThingShadow'],
  iot_update_shadow_request: ['iot:UpdateThingShadow'] };
const ONLY_SIMULATE = ['s3_put_request', 's3_put_object'];

function sources(folder) {
  return fs.readdirSync(path.join(ROOT, folder), { recursive: true }).map((name) => path.join(folder, name))
    .filter((name) => name.endsWith('.c')).map((name) => [name, fs.readFileSync(path.join(ROOT, name), 'utf8')]);
}

function actionsNeeded() {
  const needed = new Set();
  for (const [, text] of sources('server/aws')) {
    for (const [, operation] of text.matchAll(/"AmazonSQS\.(\w+)"/g)) {
      needed.add(`sqs:${operation.replace(/Batch$/, '')}`);
    }
  }
  for (const [name, text] of [...sources('server/aws'), ...sources('ingest'), ...sources('api')]) {
    for (const [, call] of text.matchAll(/\b((?:s3|iot)_\w+_(?:request|page|object))\(/g)) {
      if (ONLY_SIMULATE.includes(call)) {
        assert.match(name, /^server\/aws\/|^ingest\/generator\//, `${name} calls ${call}, which the policy does not grant`);
      } else {
        (ACTIONS_OF[call] ?? []).forEach((one) => needed.add(one));
      }
    }
  }
  return needed;
}

test('the policy grants what the program calls, and nothing else, on what it made', () => {
  const template = loadTemplate(FILE, ALL);
  const granted = new Set();
  for (const { Effect, Action, Resource } of template.resources.AccessPolicy.Properties.PolicyDocument.Statement) {
    assert.equal(Effect, 'Allow');
    assert.notEqual(Resource, '*');
    [Action].flat().forEach((one) => granted.add(one));
  }
  assert.deepEqual([...granted].sort(), [...actionsNeeded()].sort());
  for (const { Properties, Type } of Object.values(template.resources)) {
    for (const policy of Type === 'AWS::IAM::Role' ? Properties.Policies ?? [] : []) {
      for (const { Action, Resource } of policy.PolicyDocument.Statement) {
        [Action].flat().forEach((one) => assert.doesNotMatch(one, /\*/));
        [Resource].flat().forEach((one) => assert.notEqual(one, '*'));
      }
    }
  }
});

test('the settings that the stack puts out are settings, and the program accepts their values', async () => {
  const { outputs } = loadTemplate(FILE, ALL);
  const flags = outputs.Settings.split('\n').flatMap((line) => {
    const [, name, value] = /^([a-z0-9-]+) = (\S+)$/.exec(line);
    return [`--${name}`, value];
  });
  assert.equal(flags.length, 10);
  const { code, out, err } = await run(['config', ...flags]);
  assert.equal(code, 0, err);
  for (let i = 0; i < flags.length; i += 2) {
    assert.ok(out.split('\n').includes(`${flags[i].slice(2)} = ${flags[i + 1]}`), `${flags[i]} in ${out}`);
  }
});
