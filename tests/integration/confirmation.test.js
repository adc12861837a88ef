// AWS IoT has a rule's HTTP destination confirmed before it sends: the link is opened for allowed accounts, shown otherwise.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { Program, eventually } from './support/program.js';
import { ACCOUNT, AwsStandIn, REGION } from './support/sns_authority.js';

const aws = await new AwsStandIn().start();
let program;
let number = 0;

before(async () => {
  program = await new Program({ flags: ['--aws-link-endpoint-url', aws.url, '--iot-accounts-allowed', `${ACCOUNT}/${REGION}, 999999999999`] }).start();
});

/** Asks as AWS IoT does; gives {answer, arn, path}. */
async function ask({ account = ACCOUNT, region = REGION, host = `iot.${region}.amazonaws.com`, quotes = ['', ''], slash = '/', inHeader = true, link } = {}) {
  number += 1;
  const arn = `arn:aws:iot:${region}:${account}:ruledestination/http/${number}`;
  const path = `/confirmdestination/AYAD-${number}/x%2Fy`;
  const headers = { 'x-amz-rules-engine-message-type': 'DestinationConfirmation' };
  if (inHeader) {
    headers['x-amz-rules-engine-destination-arn'] = `${quotes[0]}${arn}${quotes[1]}`;
  }
  const body = { arn, confirmationToken: `AYAD-${number}`, enableUrl: link ?? `https://${host}${path}`, messageType: 'DestinationConfirmation' };
  const answer = await program.post(body, { key: null, headers, path: `/ingest/iot${slash}?confirmationToken=AYAD-${number}` });
  return { answer, arn, path };
}

const rowOf = async (arn) => (await program.sql(`SELECT state, coalesce(reason, ''), kind, url FROM ingest_confirmation WHERE arn = '${arn}'`))[0];

describe('allowed destinations', () => {
  const forms = [['with a slash', {}], ['without a slash', { slash: '' }], ['with the ARN in quotes', { quotes: ['"', '"'] }],
    ['with the ARN in the body alone', { inHeader: false }], ['of an account in any region', { account: '999999999999', region: 'us-west-2' }]];
  for (const [what, options] of forms) {
    it(`are confirmed: ${what}`, async () => {
      aws.files.set(`/confirmdestination/AYAD-${number + 1}/x%2Fy`, { status: 200, body: '' });
      const { answer, arn, path } = await ask(options);
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      await eventually(() => aws.asked.includes(path));
      await eventually(async () => (await rowOf(arn))?.[0] === 'confirmed');
      assert.equal((await rowOf(arn))[2], 'destination');
      await eventually(() => program.log.includes(`aws_link_confirmed arn=${arn}`));
    });
  }

  it('keep why it failed, and are confirmed when AWS asks again', async () => {
    aws.files.set(`/confirmdestination/AYAD-${number + 1}/x%2Fy`, { status: 400, body: 'token is over' });
    const { arn } = await ask();
    await eventually(async () => (await rowOf(arn))?.[0] === 'failed');
    assert.notEqual((await rowOf(arn))[1], '');
    await eventually(() => program.log.includes(`aws_link_not_confirmed arn=${arn}`));
  });

  it('are tried again after a restart, when AWS could not be reached', async () => {
    const own = await new AwsStandIn().start();
    const path = `/confirmdestination/AYAD-${number + 1}/x%2Fy`;
    own.files.set(path, { cut: true });
    await program.stop();
    program = new Program({ data: program.data, flags: ['--aws-link-endpoint-url', own.url, '--iot-accounts-allowed', ACCOUNT] });
    await program.start();
    const { arn } = await ask();
    await eventually(async () => (await rowOf(arn))?.[1] !== '', { timeoutMs: 60_000 });
    assert.equal((await rowOf(arn))[0], 'waiting');
    own.files.set(path, { status: 200, body: '' });
    await program.sql('UPDATE ingest_confirmation SET next_try_at = now()');
    await program.kill();
    program = new Program({ data: program.data, flags: ['--aws-link-endpoint-url', own.url, '--iot-accounts-allowed', ACCOUNT] });
    await program.start();
    await eventually(async () => (await rowOf(arn))[0] === 'confirmed');
  });
});

describe('others', () => {
  it('of other accounts and regions are shown to the operator', async () => {
    const before = aws.asked.length;
    for (const options of [{ account: '111111111111' }, { account: '111111111111', region: 'us-east-1' }, { host: 'iot.us-east-1.amazonaws.com' }]) {
      const { answer, arn, path } = await ask(options);
      assert.equal(answer.status, 200);
      assert.equal((await rowOf(arn))[0], 'operator');
      await eventually(() => program.log.includes(`arn=${arn} open=`) && program.log.includes(path));
    }
    assert.equal(aws.asked.length, before);
  });

  it('with links elsewhere are neither opened nor shown', async () => {
    for (const link of ['http://iot.eu-west-1.amazonaws.com/confirmdestination/x', 'https://iot.eu-west-1.amazonaws.com/other/x', 'https://evil.example/confirmdestination/x',
      'https://iot.eu-west-1.amazonaws.com.evil.example/confirmdestination/x', 'https://iot.eu-west-1.amazonaws.com:444/confirmdestination/x', `${aws.url}/confirmdestination/x`,
      'https://user@iot.eu-west-1.amazonaws.com/confirmdestination/x']) {
      const { answer, arn } = await ask({ link });
      assert.equal(answer.status, 200);
      assert.equal(await rowOf(arn), undefined);
      await eventually(() => program.log.includes(`iot_destination_not_of_aws arn=${arn}`));
    }
    assert.doesNotMatch(program.log, /open=\S*evil/);
  });

  it('do not fill the database', async () => {
    for (let i = 0; i < 120; i += 10) {
      await Promise.all(Array.from({ length: 10 }, () => ask({ account: '222222222222' })));
    }
    const [[count]] = await program.sql("SELECT count(*) FROM ingest_confirmation WHERE state = 'operator'");
    assert.equal(Number(count), 100);
  });
});
