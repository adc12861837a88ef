// An S3 in memory, for tests that need no real one: objects by path-style URLs, listing, and faults on demand. It looks at the body's
// hash but not at the signature, which is the business of the tests with a real server.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const error = (code) => `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`;

export class FakeS3 {
  constructor(bucket = 'fleet-raw') {
    this.bucket = bucket;
    this.objects = new Map(); // key -> {body, etag, modified}
    this.requests = 0;
    this.refuse = () => null; // (method, key, number) -> [status, code], 'no answer' or null
  }

  async start() {
    this.server = http.createServer((request, response) => {
      const pieces = [];
      request.on('data', (piece) => pieces.push(piece)).on('end', () => this.answer(request, Buffer.concat(pieces), response));
    }).listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }

  /** What a client needs to come here. */
  get flags() {
    return ['--s3-endpoint-url', this.url, '--s3-path-style', 'yes', '--aws-region', 'us-east-1'];
  }

  get env() {
    return { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret', AWS_EC2_METADATA_DISABLED: 'true' };
  }

  keys() {
    return [...this.objects.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }

  put(key, body) {
    const bytes = Buffer.from(body);
    this.objects.set(key, { body: bytes, etag: createHash('md5').update(bytes).digest('hex'), modified: new Date() });
  }

  answer(request, body, response) {
    const url = new URL(request.url, this.url);
    const [bucket, ...rest] = url.pathname.slice(1).split('/');
    const key = decodeURIComponent(rest.join('/'));
    this.requests += 1;
    const refused = this.refuse(request.method, key, this.requests) ?? (bucket === this.bucket ? null : [404, 'NoSuchBucket'])
      ?? (/^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\//.test(request.headers.authorization ?? '') ? null : [403, 'AccessDenied']);
    if (refused === 'no answer') {
      return;
    }
    if (refused) {
      response.writeHead(refused[0], { 'content-type': 'application/xml' }).end(error(refused[1]));
    } else if (request.method === 'PUT') {
      this.answerPut(request, key, body, response);
    } else if (key === '') {
      this.answerList(url.searchParams, response);
    } else {
      this.answerGet(request, key, response);
    }
  }

  answerPut(request, key, body, response) {
    const hash = createHash('sha256').update(body).digest('hex');
    if (![hash, 'UNSIGNED-PAYLOAD'].includes(request.headers['x-amz-content-sha256'])) {
      response.writeHead(400).end(error('XAmzContentSHA256Mismatch'));
      return;
    }
    this.put(key, body);
    response.writeHead(200, { etag: `"${this.objects.get(key).etag}"` }).end();
  }

  answerGet(request, key, response) {
    const object = this.objects.get(key);
    if (!object) {
      response.writeHead(404, { 'content-type': 'application/xml' }).end(error('NoSuchKey'));
      return;
    }
    const first = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const bytes = object.body.subarray(first);
    const range = first > 0 ? { 'content-range': `bytes ${first}-${object.body.length - 1}/${object.body.length}` } : {};
    response.writeHead(first > 0 ? 206 : 200, { etag: `"${object.etag}"`, 'content-length': bytes.length,
      'last-modified': object.modified.toUTCString(), ...range }).end(request.method === 'HEAD' ? undefined : bytes);
  }

  answerList(query, response) {
    const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
    const all = this.keys().filter((key) => key.startsWith(query.get('prefix') ?? '')
      && Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0);
    const page = all.slice(0, Number(query.get('max-keys') ?? 1000));
    const isEncoded = query.get('encoding-type') === 'url';
    const name = (key) => (isEncoded ? encodeURIComponent(key).replaceAll('%2F', '/') : escape(key));
    const contents = page.map((key) => {
      const { body, etag, modified } = this.objects.get(key);
      return `<Contents><Key>${name(key)}</Key><LastModified>${modified.toISOString()}</LastModified><ETag>"${etag}"</ETag>`
        + `<Size>${body.length}</Size><StorageClass>STANDARD</StorageClass></Contents>`;
    });
    const isCut = page.length < all.length;
    response.writeHead(200, { 'content-type': 'application/xml' }).end('<?xml version="1.0" encoding="UTF-8"?>'
      + `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>${this.bucket}</Name>${isEncoded ? '<EncodingType>url</EncodingType>' : ''}<KeyCount>${page.length}</KeyCount>`
      + `<IsTruncated>${isCut}</IsTruncated>${isCut ? `<NextContinuationToken>${escape(page.at(-1))}</NextContinuationToken>` : ''}`
      + `${contents.join('')}</ListBucketResult>`);
  }
}
