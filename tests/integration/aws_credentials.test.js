// Where the keys of AWS come from, driven through aws-check with endpoints of our own.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { AWS_KEYS, awsEnv, fakeEndpoint, respond, s3Error, s3List } from './support/aws_fake.js';
import { makeDataFolder, run } from './support/program.js';

const EXPIRATION = new Date(Date.now() + 6 * 3600_000).toISOString().replace(/\.\d+Z/, 'Z');
const LATER = { timeoutMs: 60_000 };
const check = (env, args = []) => run(['aws-check', ...args], { env: awsEnv(env), ...LATER });

function writeFile(name, content) {
  const file = path.join(makeDataFolder(), name);
  fs.writeFileSync(file, content);
  return file;
}

test('from the environment', async () => {
  const { code, out } = await check(AWS_KEYS);
  assert.equal(code, 0);
  assert.match(out, /^keys: +AKIA\*\*\*\*TEST \(environment\), do not end$/m);
  assert.match(out, /^region: +eu-west-1$/m);
  assert.match(out, /^S3: +https:\/\/s3\.eu-west-1\.amazonaws\.com$/m);
  assert.match(out, /^SQS: +https:\/\/sqs\.eu-west-1\.amazonaws\.com$/m);
  assert.match(out, /^IoT data: +https:\/\/data-ats\.iot\.eu-west-1\.amazonaws\.com$/m);
});

test('from a profile, which the setting puts before the environment', async () => {
  const env = {
    ...AWS_KEYS,
    AWS_REGION: '',
    AWS_SHARED_CREDENTIALS_FILE: writeFile('credentials', '[ops]\naws_access_key_id = AKIAPROFILEPROFILE\naws_secret_access_key = s\n'),
    AWS_CONFIG_FILE: writeFile('config', '[profile ops]\nregion = ap-south-1\n[profile human]\nsso_session = x\n'),
  };
  const { code, out } = await check(env, ['--aws-profile', 'ops']);
  assert.equal(code, 0);
  assert.match(out, /^keys: +AKIA\*\*\*\*FILE \(profile ops of .*credentials\)/m);
  assert.match(out, /^region: +ap-south-1$/m);
  assert.match((await check({ ...env, AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_PROFILE: 'ops' })).out, /profile ops of/);
  const human = await check(env, ['--aws-profile', 'human', '--aws-region', 'us-east-1']);
  assert.equal(human.code, 1);
  assert.match(human.err, /profile human gets its keys by sso_session, which crumbtrail cannot do: /);
});

test('from the container endpoint, with the token of the file', async () => {
  const endpoint = await fakeEndpoint((request, response) => (request.headers.authorization === 'Bearer abc'
    ? respond(response, 200, JSON.stringify({ AccessKeyId: 'ASIACONTAINERXXX', SecretAccessKey: 's', Token: 't', Expiration: EXPIRATION }))
    : respond(response, 401, 'who are you?')));
  const env = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${endpoint.url}/v1/credentials` };
  const { out } = await check({ ...env, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: writeFile('token', 'Bearer abc') });
  assert.match(out, new RegExp(`^keys: +ASIA\\*\\*\\*\\*RXXX \\(container endpoint ${endpoint.url}/v1/credentials\\), until ${EXPIRATION}`, 'm'));
  const refused = await check(env);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /answered 401: who are you\?/);
  const remote = await check({ AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://192.0.2.1/credentials' });
  assert.match(remote.err, /must be https, or a loopback or container address/);
});

function metadata({ role = 'fleet', token = 200 } = {}) {
  return fakeEndpoint((request, response) => {
    if (request.method === 'PUT' && request.url === '/latest/api/token') {
      assert.equal(request.headers['x-aws-ec2-metadata-token-ttl-seconds'], '21600');
      respond(response, token, 'the-session');
    } else if (request.headers['x-aws-ec2-metadata-token'] !== 'the-session') {
      respond(response, 401);
    } else if (request.url === '/latest/meta-data/placement/region') {
      respond(response, 200, 'sa-east-1');
    } else if (request.url === '/latest/meta-data/iam/security-credentials/') {
      respond(response, role === '' ? 404 : 200, role);
    } else if (request.url === `/latest/meta-data/iam/security-credentials/${role}`) {
      respond(response, 200, JSON.stringify({ Code: 'Success', AccessKeyId: 'ASIAINSTANCEXXXX', SecretAccessKey: 's', Token: 't', Expiration: EXPIRATION }));
    } else {
      respond(response, 404);
    }
  });
}

const instanceEnv = (endpoint) => ({
  AWS_EC2_METADATA_DISABLED: '', AWS_REGION: '', AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint.url, AWS_METADATA_SERVICE_TIMEOUT: '30',
});

test('from the instance, keys and region, by the second version alone', async () => {
  const endpoint = await metadata();
  const { code, out } = await check(instanceEnv(endpoint));
  assert.equal(code, 0);
  assert.match(out, /^keys: +ASIA\*\*\*\*XXXX \(instance metadata, role fleet\), until /m);
  assert.match(out, /^region: +sa-east-1$/m);
  const old = await metadata({ token: 403 });
  const refused = await check(instanceEnv(old));
  assert.equal(refused.code, 1);
  assert.match(refused.err, /no AWS credentials were found: no AWS_ACCESS_KEY_ID; .*\/latest\/api\/token answered 403/);
  assert.ok(old.requests.every((request) => request.method === 'PUT'));
  const without = await check(instanceEnv(await metadata({ role: '' })));
  assert.match(without.err, /security-credentials\/ answered 404/);
});

test('from STS for a web identity', async () => {
  let status = 200;
  const sts = await fakeEndpoint((request, response) => {
    const form = new URLSearchParams(request.body);
    assert.equal(form.get('Action'), 'AssumeRoleWithWebIdentity');
    assert.equal(form.get('WebIdentityToken'), 'header.payload+/=');
    assert.equal(form.get('RoleArn'), 'arn:aws:iam::123456789012:role/fleet');
    assert.equal(request.headers.authorization, undefined);
    respond(response, status, status === 200
      ? '<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIAWEBIDENTITYX</AccessKeyId>'
        + `<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${EXPIRATION}</Expiration></Credentials>`
        + '</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>'
      : '<ErrorResponse><Error><Code>AccessDenied</Code><Message>Not authorized</Message></Error></ErrorResponse>');
  });
  const env = {
    AWS_ENDPOINT_URL_STS: sts.url,
    AWS_WEB_IDENTITY_TOKEN_FILE: writeFile('token', 'header.payload+/=\n'),
    AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/fleet',
  };
  const { code, out } = await check(env);
  assert.equal(code, 0);
  assert.match(out, /^keys: +ASIA\*\*\*\*ITYX \(web identity, role arn:aws:iam::123456789012:role\/fleet\), until /m);
  status = 403;
  const refused = await check(env);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /STS answered 403 AccessDenied: Not authorized/);
});

test('nowhere: what was tried is said, and no secret', async () => {
  const { code, err } = await check({});
  assert.equal(code, 1);
  assert.match(err, /no AWS credentials were found: no AWS_ACCESS_KEY_ID; no AWS_WEB_IDENTITY_TOKEN_FILE; no keys for profile default/);
  assert.match(err, /no AWS_CONTAINER_CREDENTIALS_\.\.\._URI; instance metadata are switched off/);
  const noRegion = await check({ ...AWS_KEYS, AWS_REGION: '' });
  assert.equal(noRegion.code, 1);
  assert.match(noRegion.err, /no AWS region: set aws-region or AWS_REGION/);
});

test('keys that S3 calls ended are fetched anew, once', async () => {
  let issued = 0;
  const container = await fakeEndpoint((request, response) => {
    issued += 1;
    respond(response, 200, JSON.stringify({ AccessKeyId: `ASIANUMBER${issued}XXXX`, SecretAccessKey: 's', Token: `t${issued}`, Expiration: EXPIRATION }));
  });
  const s3 = await fakeEndpoint((request, response) => (request.headers['x-amz-security-token'] === 't1'
    ? respond(response, 400, s3Error('ExpiredToken')) : respond(response, 200, s3List(['k']))));
  const { code, out } = await check({ AWS_CONTAINER_CREDENTIALS_FULL_URI: container.url, AWS_ENDPOINT_URL_S3: s3.url }, ['s3://fleet']);
  assert.equal(code, 0);
  assert.match(out, /: 1 objects/);
  assert.equal(issued, 2);
  assert.equal(s3.requests.length, 2);
});
