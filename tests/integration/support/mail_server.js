// A mail server for tests: SMTP with or without STARTTLS and AUTH PLAIN, that keeps what it takes and refuses what it is told to.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import tls from 'node:tls';

const running = new Set();
const folders = [];

after(() => {
  running.forEach((server) => server.close());
  folders.forEach((folder) => fs.rmSync(folder, { recursive: true, force: true }));
});

/** A certificate for 127.0.0.1 that signs itself, as {key, cert, file}. */
export function makeCertificate() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'crumbtrail-mail-'));
  folders.push(folder);
  fs.chmodSync(folder, 0o755);
  const [key, file] = ['key.pem', 'cert.pem'].map((name) => path.join(folder, name));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj',
    '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', file], { stdio: 'ignore' });
  fs.chmodSync(file, 0o644);
  return { key: fs.readFileSync(key), cert: fs.readFileSync(file), file };
}

class Session {
  constructor(server, socket, isSecure) {
    Object.assign(this, { server, isSecure, user: null });
    this.reset();
    this.listen(socket);
    this.say('220 mail.test ESMTP');
  }

  reset() {
    this.to = [];
    this.from = null;
    this.data = null;
  }

  listen(socket) {
    this.socket = socket;
    this.rest = '';
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      this.rest += chunk.toString('latin1');
      for (let end = this.rest.indexOf('\r\n'); end >= 0 && this.socket === socket; end = this.rest.indexOf('\r\n')) {
        const line = this.rest.slice(0, end);
        this.rest = this.rest.slice(end + 2);
        this.take(line);
      }
    });
  }

  say(line) {
    this.socket.write(`${line}\r\n`);
  }

  take(line) {
    if (this.data !== null) {
      this.takeData(line);
      return;
    }
    if (this.awaitsPassword) {
      this.awaitsPassword = false;
      this.logIn(line);
      return;
    }
    const { tls: certificate, needsUser } = this.server.options;
    const [verb] = line.toUpperCase().split(' ');
    const commands = {
      EHLO: () => this.say([...(certificate && !this.isSecure ? ['250-STARTTLS'] : []), ...(needsUser ? ['250-AUTH PLAIN'] : []), '250 8BITMIME'].join('\r\n')),
      STARTTLS: () => this.secure(certificate),
      AUTH: () => {
        const [, , given] = line.split(' ');
        this.awaitsPassword = given === undefined;
        return this.awaitsPassword ? this.say('334 ') : this.logIn(given);
      },
      MAIL: () => {
        this.from = /<(.*)>/.exec(line)[1];
        this.say(needsUser && !this.user ? '530 5.7.0 log in first' : '250 ok');
      },
      RCPT: () => {
        const address = /<(.*)>/.exec(line)[1];
        const isKnown = !(this.server.options.unknown ?? []).includes(address);
        this.to.push(...(isKnown ? [address] : []));
        this.say(isKnown ? '250 ok' : `550 5.1.1 ${address} is unknown here`);
      },
      DATA: () => {
        this.data = [];
        this.say('354 go ahead');
      },
      QUIT: () => this.socket.end('221 bye\r\n'),
    };
    (commands[verb] ?? (() => this.say('500 what?')))();
  }

  logIn(given) {
    const [, name, password] = Buffer.from(given, 'base64').toString().split('\0');
    const wanted = this.server.options.needsUser;
    this.user = name === wanted?.name && password === wanted.password ? name : null;
    this.say(this.user ? '235 ok' : '535 5.7.8 wrong password');
  }

  secure(certificate) {
    this.say('220 go ahead');
    const plain = this.socket;
    plain.removeAllListeners('data');
    this.isSecure = true;
    this.listen(new tls.TLSSocket(plain, { isServer: true, key: certificate.key, cert: certificate.cert }));
  }

  takeData(line) {
    if (line !== '.') {
      this.data.push(line.startsWith('.') ? line.slice(1) : line);
      return;
    }
    const bytes = this.data.join('\r\n');
    this.server.mails.push({ from: this.from, to: this.to, isSecure: this.isSecure, user: this.user, ...parseMail(bytes), at: Date.now() });
    this.reset();
    const refusal = this.server.options.refuse?.(this.server.mails.length);
    this.say(refusal ?? '250 taken');
  }
}

const decodeWords = (text) => text.replace(/\r\n[ \t]/g, ' ').replace(/=\?UTF-8\?B\?([^?]*)\?=( (?==\?))?/g, (all, word) => Buffer.from(word, 'base64').toString('latin1'));

/** Headers by lower-case name (decoded), the raw head, and the text. */
export function parseMail(bytes) {
  const [head, ...body] = bytes.split('\r\n\r\n');
  const headers = {};
  for (const line of head.split(/\r\n(?![ \t])/)) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = Buffer.from(decodeWords(line.slice(colon + 1).trim()), 'latin1').toString();
  }
  return { head, headers, text: Buffer.from(body.join('\r\n\r\n'), 'base64').toString() };
}

/**
 * @param {{tls?: {key: Buffer, cert: Buffer}, isImplicit?: boolean, needsUser?: {name: string, password: string}, unknown?: string[],
 *   refuse?: (count: number) => string | undefined}} options
 */
export async function mailServer(options = {}) {
  const server = { options, mails: [] };
  const onSocket = (socket) => new Session(server, socket, Boolean(options.isImplicit));
  const listener = options.isImplicit ? tls.createServer(options.tls, onSocket) : net.createServer(onSocket);
  listener.on('tlsClientError', () => {});
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  running.add(listener);
  server.port = listener.address().port;
  server.url = `${options.isImplicit ? 'smtps' : 'smtp'}://127.0.0.1:${server.port}`;
  return server;
}
