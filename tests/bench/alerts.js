#!/usr/bin/env node
// From the commit of the breadcrumb that is too fast to the arrival of its webhook, with a fleet driving beside it.
//   node tests/bench/alerts.js [--speeders 500] [--fleet 2000] [--seconds 60]
// An episode counts from its third breadcrumb here: two, and 10 s (definitions.md). The way: commit (the answer to its sender) ->
// analyser -> condition -> engine -> outbox -> courier -> webhook. Needs build/release.
import { parseArgs } from 'node:util';

import { send } from '../integration/support/conditions.js';
import { Program, eventually, iotEvent, sleep } from '../integration/support/program.js';
import { isSigned, receiver } from '../integration/support/receivers.js';
import { test } from 'node:test';

const { values } = parseArgs({ args: process.argv.slice(2), options: { speeders: { type: 'string', default: '500' },
  fleet: { type: 'string', default: '2000' }, seconds: { type: 'string', default: '60' } } });
const [speeders, fleet, seconds] = [values.speeders, values.fleet, values.seconds].map(Number);

/** A breadcrumb on a straight road north, 5 s apart. */
const crumb = (vehicle, step, atS, speed) => iotEvent({ vehicle, version: step + 1, seconds: atS, lat: 45 + (step * speed * 5) / 3.6 / 111_200, lon: -122, speed: String(speed), heading: 'N' });
const percentile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

/** The fleet reports every 5 s in deliveries of 100, never too fast. */
async function drive(program, until) {
  for (let step = 0; Date.now() < until; step += 1) {
    const beganAt = Date.now();
    for (let first = 0; first < fleet; first += 100) {
      const events = Array.from({ length: Math.min(100, fleet - first) }, (_, i) => crumb(`fleet_${first + i}`, step, Math.floor(Date.now() / 1000), 60));
      await program.post(events).catch(() => {});
    }
    await sleep(Math.max(0, 5000 - (Date.now() - beganAt)));
  }
}

async function speed(program, vehicle, committedAt) {
  const now = Math.floor(Date.now() / 1000);
  for (const [step, kmh] of [60, 60, 110, 115, 112].entries()) {
    await eventually(async () => (await program.post(crumb(vehicle, step, now - 20 + step * 5, kmh))).status === 200, { timeoutMs: 60_000 });
    committedAt.set(vehicle, Date.now());
  }
}

test('from the commit to the webhook', async () => {
  const program = await new Program({ flags: ['--webhook-hosts-allowed', '127.0.0.1', '--speed-unit', 'kmh'] }).start();
  const hook = await receiver();
  const { body: { secret } } = await send(program, 'PUT', '/v1/channels/bench', { kind: 'webhook', url: hook.url });
  await send(program, 'PUT', '/v1/alert-policies/bench', { kinds: ['speeding'], channels: ['bench'] });
  await send(program, 'PUT', '/v1/rules/speed/fleet', { limit_kmh: 80 });
  await sleep(3000);
  const committedAt = new Map();
  const until = Date.now() + seconds * 1000;
  const driving = drive(program, until);
  const started = [];
  for (let i = 0; i < speeders; i += 1) {
    started.push(speed(program, `speeder_${i}`, committedAt));
    await sleep((seconds * 900) / speeders);
  }
  await Promise.all(started);
  await driving;
  await eventually(() => hook.requests.length >= speeders, { timeoutMs: 60_000, what: `${speeders} webhooks, not ${hook.requests.length}` }).catch((error) => console.log(error.message));
  const lags = hook.requests.filter(({ json }) => json.data.change === 'fired')
    .map(({ json, at }) => at - committedAt.get(json.data.alert.vehicle)).sort((a, b) => a - b);
  const vehicles = new Set(hook.requests.map(({ json }) => json.data.alert.vehicle));
  console.log(`fleet of ${fleet} every 5 s, ${speeders} too fast within ${seconds} s: ${vehicles.size} told, ${hook.requests.length} webhooks, all signed: `
    + `${hook.requests.every((request) => isSigned(secret, request))}`);
  console.log(`commit to webhook, ms: median ${percentile(lags, 0.5)}, 99 % ${percentile(lags, 0.99)}, longest ${lags.at(-1)}; within 2 s: `
    + `${(lags.filter((lag) => lag <= 2000).length * 100 / lags.length).toFixed(1)} %`);
  await program.stop();
});
