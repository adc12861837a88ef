// An SQS in memory, for tests: one queue over the JSON protocol, with long polls, visibility and deletion.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';

export class FakeSqs {
  constructor() {
    this.messages = []; // {id, body, hiddenUntil, receives, handle}
    this.deleted = [];
    this.waiting = new Set();
    this.sent = 0;
  }

  async start() {
    this.server = http.createServer((request, response) => {
      const pieces = [];
      request.on('data', (piece) => pieces.push(piece)).on('end', () => {
        const operation = request.headers['x-amz-target']?.split('.')[1];
        this.answer(operation, JSON.parse(Buffer.concat(pieces)), request, response);
      });
    }).listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.endpoint = `http://127.0.0.1:${this.server.address().port}`;
    this.url = `${this.endpoint}/123456789012/crumbtrail`;
    this.flags = ['--sqs-queue-url', this.url, '--aws-region', 'us-east-1'];
    return this;
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }

  send(body) {
    this.sent += 1;
    this.messages.push({ id: `message-${this.sent}`, body: typeof body === 'string' ? body : JSON.stringify(body), hiddenUntil: 0,
      receives: 0, handle: null });
    for (const look of this.waiting) {
      look();
    }
  }

  answer(operation, input, request, response) {
    const say = (status, value) => response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(value));
    switch (operation) {
      case 'GetQueueUrl': say(200, { QueueUrl: this.url }); break;
      case 'ReceiveMessage': this.receive(input, request, say); break;
      case 'DeleteMessageBatch': say(200, this.deleteBatch(input.Entries)); break;
      case 'ChangeMessageVisibility': this.changeVisibility(input); say(200, {}); break;
      case 'GetQueueAttributes': say(200, { Attributes: { ApproximateNumberOfMessages: String(this.messages.length) } }); break;
      default: say(400, { __type: 'com.amazonaws.sqs#UnsupportedOperation', message: String(operation) });
    }
  }

  receive({ MaxNumberOfMessages: most = 1, WaitTimeSeconds: wait = 0, VisibilityTimeout: hidden = 30 }, request, say) {
    const deadline = Date.now() + wait * 1000;
    const look = () => {
      const now = Date.now();
      const found = this.messages.filter((message) => message.hiddenUntil <= now).slice(0, most);
      if (found.length === 0 && now < deadline) {
        return;
      }
      this.waiting.delete(look);
      clearInterval(timer);
      say(200, found.length === 0 ? {} : { Messages: found.map((message) => this.hand(message, hidden)) });
    };
    this.waiting.add(look);
    const timer = setInterval(look, 100);
    request.socket.once('close', () => {
      this.waiting.delete(look);
      clearInterval(timer);
    });
    look();
  }

  hand(message, hiddenSeconds) {
    message.receives += 1;
    message.hiddenUntil = Date.now() + hiddenSeconds * 1000;
    message.handle = `${message.id}-${message.receives}`;
    return { MessageId: message.id, ReceiptHandle: message.handle, Body: message.body,
      MD5OfBody: createHash('md5').update(message.body).digest('hex'),
      Attributes: { ApproximateReceiveCount: String(message.receives), SentTimestamp: String(Date.now()) } };
  }

  deleteBatch(entries) {
    for (const { ReceiptHandle } of entries) {
      const at = this.messages.findIndex((message) => message.handle === ReceiptHandle);
      if (at >= 0) {
        this.deleted.push(...this.messages.splice(at, 1));
      }
    }
    return { Successful: entries.map(({ Id }) => ({ Id })), Failed: [] };
  }

  changeVisibility({ ReceiptHandle, VisibilityTimeout }) {
    const message = this.messages.find(({ handle }) => handle === ReceiptHandle);
    if (message) {
      message.hiddenUntil = Date.now() + VisibilityTimeout * 1000;
    }
  }
}
