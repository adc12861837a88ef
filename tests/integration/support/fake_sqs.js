// SQS as far as crumbtrail asks for it (JSON protocol), in this process: at least once, a time out of sight, partial failures.
import { randomUUID } from 'node:crypto';
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

export class FakeSqs {
  /** {id, body, visibleAt, receives, handle} */
  messages = [];
  deleted = [];
  receives = 0;
  /** Overrides the visibility time-out that a receive asks for, in milliseconds. */
  visibilityMs = null;
  /** (message) => true: DeleteMessageBatch reports a failure for it. */
  failsToDelete = () => false;
  /** (action) => {status, body} | null: answers in the queue's place. */
  onRequest = () => null;

  async start() {
    this.server = http.createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => { body += chunk; });
      request.on('end', () => this.#answer(request, body, response));
    }).listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    running.add(this.server);
    this.url = `http://127.0.0.1:${this.server.address().port}/123456789012/fleet`;
    this.flags = ['--sqs-queue-url', this.url];
    return this;
  }

  send(body) {
    const id = randomUUID();
    this.messages.push({ id, body: typeof body === 'string' ? body : JSON.stringify(body), visibleAt: 0, receives: 0 });
    return id;
  }

  async #answer(request, body, response) {
    const action = request.headers['x-amz-target'].split('.')[1];
    const input = JSON.parse(body);
    const override = this.onRequest(action);
    const { status, body: output } = override ?? { status: 200, body: await this[`_${action}`](input, request) };
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify(output));
  }

  async _ReceiveMessage({ MaxNumberOfMessages: max = 1, WaitTimeSeconds: wait = 0, VisibilityTimeout: visibility = 30 }, request) {
    this.receives += 1;
    const until = Date.now() + wait * 1000;
    for (;;) {
      const now = Date.now();
      const taken = this.messages.filter((message) => message.visibleAt <= now).slice(0, max);
      if (taken.length > 0 || now >= until || request.socket.destroyed) {
        for (const message of taken) {
          message.visibleAt = now + (this.visibilityMs ?? visibility * 1000);
          message.receives += 1;
          message.handle = `${message.id}#${message.receives}`;
        }
        return taken.length === 0 ? {} : { Messages: taken.map((message) => ({
          MessageId: message.id, ReceiptHandle: message.handle, Body: message.body })) };
      }
      await new Promise((resolve) => { setTimeout(resolve, 20); });
    }
  }

  async _DeleteMessageBatch({ Entries }) {
    const answer = { Successful: [], Failed: [] };
    for (const { Id, ReceiptHandle } of Entries) {
      const at = this.messages.findIndex((message) => message.handle === ReceiptHandle);
      if (at >= 0 && this.failsToDelete(this.messages[at])) {
        answer.Failed.push({ Id, SenderFault: false, Code: 'InternalError', Message: 'try again' });
      } else {
        if (at >= 0) {
          this.deleted.push(this.messages.splice(at, 1)[0]);
        }
        answer.Successful.push({ Id });
      }
    }
    return answer;
  }
}
