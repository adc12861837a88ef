// Receivers of alerts for tests: webhooks that answer as told, and checks of Standard Webhooks signatures with nothing of ours.
import crypto from 'node:crypto';
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

/** Verifies as standardwebhooks.com says. */
export function isSigned(secret, { headers, body }) {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const expected = `v1,${crypto.createHmac('sha256', key).update(content).digest('base64')}`;
  const isRecent = Math.abs(Date.now() / 1000 - Number(headers['webhook-timestamp'])) < 300;
  return isRecent && headers['webhook-signature'].split(' ').includes(expected);
}

/**
 * A webhook. `answer(request, response)` may hang, refuse or redirect; without it all is well.
 * @returns {Promise<{url: string, requests: {headers: object, body: string, json: any, at: number}[], ids: () => string[]}>}
 */
export async function receiver(answer = (request, response) => response.writeHead(204).end(), port = 0) {
  const requests = [];
  const server = http.createServer((incoming, response) => {
    let body = '';
    incoming.on('data', (chunk) => { body += chunk; });
    incoming.on('end', () => {
      const request = { url: incoming.url, headers: incoming.headers, body, json: JSON.parse(body), at: Date.now() };
      requests.push(request);
      answer(request, response, requests.length);
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  running.add(server);
  return {
    port: server.address().port,
    url: `http://127.0.0.1:${server.address().port}/hook`,
    requests,
    ids: () => requests.map((request) => request.headers['webhook-id']),
    changes: () => requests.map(({ json }) => json.data.change),
    close() {
      server.closeAllConnections();
      server.close();
      running.delete(server);
    },
  };
}
