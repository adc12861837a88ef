// An authority of the test's own that signs messages as Amazon SNS does, and a server on this machine that answers for AWS: it
// hands out the certificates and takes the links that confirm. The program is pointed at it with --aws-link-endpoint-url.
import crypto from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { after } from 'node:test';

export const REGION = 'eu-west-1';
export const ACCOUNT = '123456789012';
export const TOPIC = `arn:aws:sns:${REGION}:${ACCOUNT}:fleet`;

const SIGNED = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
  UnsubscribeConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
};

const servers = new Set();
after(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

/** A key and its self-signed certificate, which has expired when `days` is negative: {key, pem}. */
export function makeCertificate({ name = 'sns.amazonaws.com', days = 2, bits = 2048 } = {}) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'crumbtrail-test-sns-'));
  const [keyFile, requestFile, pemFile] = ['key.pem', 'request.pem', 'certificate.pem'].map((file) => path.join(folder, file));
  const openssl = (...args) => execFileSync('openssl', args, { stdio: 'ignore' });
  openssl('req', '-new', '-newkey', `rsa:${bits}`, '-nodes', '-keyout', keyFile, '-out', requestFile, '-subj', `/CN=${name}`);
  openssl('x509', '-req', '-in', requestFile, '-signkey', keyFile, '-days', String(days), '-out', pemFile);
  const made = { key: fs.readFileSync(keyFile, 'utf8'), pem: fs.readFileSync(pemFile, 'utf8') };
  fs.rmSync(folder, { recursive: true });
  return made;
}

/** Answers for AWS: `files` maps a path to {status, body}, {cut: true} or {hangs: true}; everything that is asked is in `asked`. */
export class AwsStandIn {
  constructor() {
    this.asked = [];
    this.files = new Map();
  }

  async start() {
    this.server = http.createServer((request, response) => {
      this.asked.push(request.url);
      const found = this.files.get(request.url) ?? this.files.get(request.url.split('?')[0]) ?? { status: 404, body: 'nothing here' };
      if (found.cut) {
        request.socket.destroy();
      }
      if (found.cut || found.hangs) {
        return;
      }
      response.writeHead(found.status ?? 200, found.headers ?? {});
      response.end(found.body ?? '');
    }).listen(0, '127.0.0.1');
    servers.add(this.server);
    await once(this.server, 'listening');
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }
}

export class SnsAuthority {
  /** @param {AwsStandIn} aws */
  constructor(aws, { certificate = makeCertificate(), file = '/SimpleNotificationService-test.pem' } = {}) {
    this.certificate = certificate;
    this.file = file;
    aws.files.set(file, { body: certificate.pem });
  }

  /** A signed message; `fields` replace what it says before it is signed, `after` replaces it behind the signature. */
  message(content, { type = 'Notification', version = '2', topic = TOPIC, fields = {}, after: replaced = {} } = {}) {
    const host = `sns.${topic.split(':')[3]}.amazonaws.com`;
    const token = crypto.randomBytes(16).toString('hex');
    const message = {
      Type: type,
      MessageId: crypto.randomUUID(),
      TopicArn: topic,
      Message: typeof content === 'string' ? content : JSON.stringify(content),
      Timestamp: new Date().toISOString(),
      SignatureVersion: version,
      SigningCertURL: `https://${host}${this.file}`,
      ...(type === 'Notification' ? {} : { Token: token, SubscribeURL: `https://${host}/?Action=ConfirmSubscription&TopicArn=${topic}&Token=${token}` }),
      ...fields,
    };
    const text = SIGNED[type].filter((name) => message[name] !== undefined).map((name) => `${name}\n${message[name]}\n`).join('');
    const signer = crypto.createSign(version === '1' ? 'RSA-SHA1' : 'RSA-SHA256');
    message.Signature = signer.update(text).sign(this.certificate.key, 'base64');
    return { ...message, ...replaced };
  }
}

/** Posts it as SNS does. */
export function postSns(program, message, { headers = {}, path: target = '/ingest/sns' } = {}) {
  const text = typeof message === 'string' ? message : JSON.stringify(message);
  return program.post(text, { key: null, path: target, headers: { 'content-type': 'text/plain; charset=UTF-8',
    'x-amz-sns-message-type': message.Type ?? 'Notification', 'user-agent': 'Amazon Simple Notification Service Agent', ...headers } });
}

/** S3's event JSON about one object, its key form-encoded as S3 does. */
export function s3Event(bucket, key, { name = 'ObjectCreated:Put', version = '2.1', etag = 'd41d8cd98f00b204e9800998ecf8427e', versionId,
  source = 'aws:s3' } = {}) {
  return { Records: [{ eventVersion: version, eventSource: source, awsRegion: REGION, eventTime: new Date().toISOString(), eventName: name,
    s3: { s3SchemaVersion: '1.0', configurationId: 'c', bucket: { name: bucket, arn: `arn:aws:s3:::${bucket}` },
      object: { key: encodeURIComponent(key).replaceAll('%20', '+'), size: 3, eTag: etag, ...(versionId ? { versionId } : {}),
        sequencer: '0055AED6DCD90281E5' } } }] };
}
