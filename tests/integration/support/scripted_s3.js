// S3 as far as crumbtrail asks for it, in this process, for what a real server does not do on request: answers that break off,
// errors, archived objects, slowness. Path style; signatures are not looked at (the tests on a real server do).
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { after } from 'node:test';

const running = new Set();
after(() => {
  for (const server of running) {
    server.closeAllConnections();
    server.close();
  }
});

const escapeXml = (text) => text.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]);
const errorXml = (code, message) => `<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>${code}</Code><Message>${message}</Message><RequestId>1</RequestId><HostId>2</HostId></Error>`;

export class ScriptedS3 {
  /** Key -> {body, etag, modified}; one bucket, whatever its name. */
  objects = new Map();
  /** GETs of objects by key, and pages of listings. */
  reads = new Map();
  listed = [];
  /** Called before each answer to a GET of an object: (key, number of the try from 1, request, response) => true when answered. */
  onGet = () => false;

  /** Buckets that nobody may list. */
  unlisted = new Set();

  async start() {
    this.server = http.createServer((request, response) => this.#answer(request, response)).listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    running.add(this.server);
    this.endpoint = `http://127.0.0.1:${this.server.address().port}`;
    this.flags = ['--s3-endpoint-url', this.endpoint, '--aws-region', 'us-west-2'];
    this.env = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret', AWS_EC2_METADATA_DISABLED: 'true' };
    return this;
  }

  put(key, body, { modified = new Date(Date.now() - 3_600_000) } = {}) {
    const bytes = Buffer.from(body);
    const etag = createHash('md5').update(bytes).digest('hex');
    this.objects.set(key, { body: bytes, etag, modified });
    return { key, etag, size: bytes.length };
  }

  async #answer(request, response) {
    const url = new URL(request.url, this.endpoint);
    const [, bucket, ...rest] = url.pathname.split('/');
    const key = decodeURIComponent(rest.join('/'));
    if (url.searchParams.has('list-type')) {
      if (this.unlisted.has(bucket)) {
        this.refuse(response, 403, 'AccessDenied');
      } else {
        this.#list(url.searchParams, response);
      }
      return;
    }
    const tries = (this.reads.get(key) ?? 0) + 1;
    this.reads.set(key, tries);
    if (!(await this.onGet(key, tries, request, response))) {
      this.send(key, request, response);
    }
  }

  refuse(response, status, code, message = 'no') {
    response.writeHead(status, { 'content-type': 'application/xml' });
    response.end(errorXml(code, message));
  }

  /** The object, from `Range: bytes=N-` on. */
  send(key, request, response) {
    const object = this.objects.get(key);
    if (!object) {
      this.refuse(response, 404, 'NoSuchKey');
      return;
    }
    const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const headers = { etag: `"${object.etag}"`, 'last-modified': object.modified.toUTCString(),
      'content-length': object.body.length - from };
    if (from > 0) {
      headers['content-range'] = `bytes ${from}-${object.body.length - 1}/${object.body.length}`;
    }
    response.writeHead(from > 0 ? 206 : 200, headers);
    response.end(object.body.subarray(from));
  }

  #list(query, response) {
    const prefix = query.get('prefix') ?? '';
    const after_ = query.get('continuation-token') ?? query.get('start-after') ?? '';
    const max = Number(query.get('max-keys') ?? 1000);
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > after_).sort();
    const page = keys.slice(0, max);
    this.listed.push({ prefix, startAfter: query.get('start-after'), count: page.length });
    const encode = query.get('encoding-type') === 'url' ? encodeURIComponent : escapeXml;
    const contents = page.map((key) => {
      const { body, etag, modified } = this.objects.get(key);
      return `<Contents><Key>${encode(key)}</Key><LastModified>${modified.toISOString()}</LastModified>` +
        `<ETag>&quot;${etag}&quot;</ETag><Size>${body.length}</Size><StorageClass>STANDARD</StorageClass></Contents>`;
    });
    const isCut = page.length < keys.length;
    response.writeHead(200, { 'content-type': 'application/xml' });
    response.end(`<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>bucket</Name><Prefix>${encode(prefix)}</Prefix>` +
      `<KeyCount>${page.length}</KeyCount><MaxKeys>${max}</MaxKeys><IsTruncated>${isCut}</IsTruncated>` +
      (query.get('encoding-type') === 'url' ? '<EncodingType>url</EncodingType>' : '') +
      (isCut ? `<NextContinuationToken>${escapeXml(page.at(-1))}</NextContinuationToken>` : '') +
      `${contents.join('')}</ListBucketResult>`);
  }
}
