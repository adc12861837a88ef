// Waits until simulated vehicles have moved on the live stream, says what it saw, and ends: 0 when they did.
//   node check.js ws://127.0.0.1:8080/v1/stream
import WebSocket from 'ws';

const TIMEOUT_MS = 60_000;
const MOVES_WANTED = 20;

const url = process.argv[2];
const startedAtMs = Date.now();
const lastPosition = new Map();
let updates = 0;
let moves = 0;

const socket = new WebSocket(url, 'fleet.v1');
const timer = setTimeout(() => finish(1, `in ${TIMEOUT_MS / 1000} s only ${moves} moves came back (${updates} updates)`), TIMEOUT_MS);

socket.on('open', () => socket.send(JSON.stringify({ type: 'subscribe', format: 'json', bbox: null, vehicles: null })));
socket.on('error', (error) => finish(1, `${url}: ${error.message}`));
socket.on('close', (code) => finish(1, `${url}: closed with ${code} before enough was seen`));
socket.on('message', (data) => {
  const message = JSON.parse(data.toString());
  if (message.type === 'error') {
    finish(1, `the server says: ${message.detail}`);
  }
  if (message.type !== 'snapshot' && message.type !== 'update') {
    return;
  }
  updates += message.type === 'update' ? 1 : 0;
  for (const position of message.positions) {
    const place = `${position.lon},${position.lat}`;
    const before = lastPosition.get(position.vehicle);
    moves += message.type === 'update' && before !== undefined && before !== place ? 1 : 0;
    lastPosition.set(position.vehicle, place);
  }
  if (moves >= MOVES_WANTED) {
    const seconds = ((Date.now() - startedAtMs) / 1000).toFixed(1);
    finish(0, `${lastPosition.size} vehicles on the stream, ${moves} moves in ${updates} updates came back within ${seconds} s`);
  }
});

function finish(code, sentence) {
  clearTimeout(timer);
  (code === 0 ? console.log : console.error)(`check: ${sentence}`);
  process.exit(code);
}
