// A small HTTP endpoint that answers as a test tells it to: metadata, STS, an S3 that is slow, elsewhere or in trouble. It ends with
// the test file.
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { after } from 'node:test';

const running = new Set();

after(async () => {
  for (const server of running) {
    server.closeAllConnections();
    server.close();
  }
});

/**
 * @param {(request: {method: string, url: string, headers: Record<string, string>, body: string, count: number},
 *   response: http.ServerResponse) => void} answer
 * @param {{key: Buffer, cert: Buffer} | null} tls https with this certificate
 * @returns {Promise<{url: string, port: number, requests: {method: string, url: string, headers: Record<string, string>, body: string}[]}>}
 */
export async function fakeEndpoint(answer, tls = null) {
  const requests = [];
  const serve = (incoming, response) => {
    let body = '';
    incoming.on('data', (chunk) => { body += chunk; });
    incoming.on('end', () => {
      const request = { method: incoming.method, url: incoming.url, headers: incoming.headers, body };
      requests.push(request);
      answer({ ...request, count: requests.length }, response);
    });
  };
  const server = tls ? https.createServer(tls, serve) : http.createServer(serve);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  running.add(server);
  const { port } = server.address();
  return { url: `http://127.0.0.1:${port}`, port, requests };
}

export function respond(response, status, body = '', headers = {}) {
  response.writeHead(status, headers);
  response.end(body);
}

export const s3Error = (code, more = '') => `<?xml version="1.0"?><Error><Code>${code}</Code><Message>says the test</Message>${more}</Error>`;

/** The first page of a list that holds these keys, all of one size. */
export function s3List(keys, { next = null, size = 1 } = {}) {
  const entries = keys.map((key) => `<Contents><Key>${encodeURIComponent(key)}</Key><LastModified>2026-11-22T20:51:07.000Z`
    + `</LastModified><ETag>"e"</ETag><Size>${size}</Size></Contents>`);
  return '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><EncodingType>url</EncodingType>'
    + `<IsTruncated>${next !== null}</IsTruncated>${next === null ? '' : `<NextContinuationToken>${next}</NextContinuationToken>`}`
    + `${entries.join('')}</ListBucketResult>`;
}

/** An environment that holds nothing of AWS but what is given: no files of the user, no metadata. */
export function awsEnv(more = {}) {
  const cleared = Object.fromEntries(Object.keys(process.env).filter((name) => name.startsWith('AWS_')).map((name) => [name, '']));
  return {
    ...cleared,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/nonexistent/config',
    AWS_SHARED_CREDENTIALS_FILE: '/nonexistent/credentials',
    AWS_REGION: 'eu-west-1',
    ...more,
  };
}

export const AWS_KEYS = { AWS_ACCESS_KEY_ID: 'AKIATESTTESTTEST', AWS_SECRET_ACCESS_KEY: 'secret-of-the-test' };
