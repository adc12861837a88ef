// AWS IoT's data API for tests: shadows of things kept in memory with versions, on 127.0.0.1. What the next requests of a thing
// are answered with can be planned: a status, 'hang' (no answer), or 'drop' (the connection is cut).
import { once } from 'node:events';
import http from 'node:http';

const MESSAGES = {
  403: ['SignatureDoesNotMatch', "Credential should be scoped to correct service: 'iotdata'."],
  404: ['ResourceNotFoundException', "No shadow exists with name: 'x'"],
  409: ['ConflictException', 'Version conflict'],
  429: ['ThrottlingException', 'Rate exceeded'],
  500: ['InternalFailureException', 'Internal service failure'],
};

function isObject(value) {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function merge(state, patch) {
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) {
      delete state[key];
    } else if (isObject(value)) {
      state[key] = merge(isObject(state[key]) ? state[key] : {}, value);
    } else {
      state[key] = value;
    }
  }
  return state;
}

export class IotData {
  constructor({ serviceName = 'iotdata' } = {}) {
    this.serviceName = serviceName;
    this.shadows = new Map();
    this.plans = new Map();
    /** @type {{method: string, thing: string, shadow: string, body: any}[]} */
    this.requests = [];
  }

  async start() {
    this.server = http.createServer((request, response) => { void this.#answer(request, response); });
    this.server.listen(this.port ?? 0, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = this.server.address().port;
    this.url = `http://127.0.0.1:${this.port}`;
    return this;
  }

  async stop() {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  /** The next requests of a thing, each once. @param {string} thing @param {...(number | string)} answers */
  plan(thing, ...answers) {
    this.plans.set(thing, [...(this.plans.get(thing) ?? []), ...answers]);
  }

  /** @param {string} thing */
  shadow(thing, name = '') {
    const key = `${thing} ${name}`;
    if (!this.shadows.has(key)) {
      this.shadows.set(key, { version: 0, desired: {}, reported: {} });
    }
    return this.shadows.get(key);
  }

  /** What the thing does when it reports: the version counts up. */
  report(thing, reported, name = '') {
    const shadow = this.shadow(thing, name);
    merge(shadow.reported, reported);
    shadow.version += 1;
    return shadow;
  }

  updates(thing) {
    return this.requests.filter((request) => request.method === 'POST' && request.thing === thing);
  }

  async #answer(request, response) {
    let text = '';
    for await (const chunk of request) {
      text += chunk;
    }
    const url = new URL(request.url, this.url);
    const thing = decodeURIComponent(url.pathname.split('/')[2] ?? '');
    const name = url.searchParams.get('name') ?? '';
    const body = text === '' ? null : JSON.parse(text);
    this.requests.push({ method: request.method, thing, shadow: name, body, authorization: request.headers.authorization });
    const scope = /Credential=[^/]+\/\d{8}\/[^/]+\/([^/]+)\/aws4_request/.exec(request.headers.authorization ?? '');
    const planned = scope?.[1] === this.serviceName ? this.plans.get(thing)?.shift() : 403;
    if (planned === 'hang') {
      return;
    }
    if (planned === 'drop') {
      request.socket.destroy();
      return;
    }
    if (typeof planned === 'number') {
      const [code, message] = MESSAGES[planned];
      response.writeHead(planned, { 'content-type': 'application/json', 'x-amzn-ErrorType': code });
      response.end(JSON.stringify({ message, traceId: 't' }));
      return;
    }
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(request.method === 'POST' ? this.#update(thing, name, body) : this.#read(thing, name)));
  }

  #update(thing, name, body) {
    const shadow = this.shadow(thing, name);
    const timestamp = Math.floor(Date.now() / 1000);
    merge(shadow.desired, body.state.desired);
    shadow.version += 1;
    return { state: body.state, metadata: { desired: {} }, version: shadow.version, timestamp, clientToken: body.clientToken };
  }

  #read(thing, name) {
    const { version, desired, reported } = this.shadow(thing, name);
    return { state: { desired, reported }, metadata: {}, version, timestamp: Math.floor(Date.now() / 1000) };
  }
}
