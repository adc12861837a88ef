// A server that goes away and comes back: the page says so, waits, resumes, and loses nothing of its view.
import { strict as assert } from 'node:assert';
import { after, before, test } from 'node:test';
import { launchBrowser } from './support/browser.js';
import { openLivePage, readVehicleCanvas, waitForState } from './support/live_page.js';
import { startServer } from './support/server.js';

let server;
let browser;
before(async () => {
  server = await startServer();
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** CSS pixels between "Retry now" and the next button, at 320 px. @param {import('playwright-core').Page} page @returns {Promise<number>} */
async function roomBesideRetry(page) {
  await page.setViewportSize({ width: 320, height: 640 });
  const handle = await page.waitForFunction(() => {
    const [retry, ...others] = ['connection-retry', 'nav-ingest', 'open-settings'].map((id) => document.getElementById(id)?.getBoundingClientRect());
    return retry.width > 0 && { room: Math.min(...others.filter((box) => box.width > 0).map((box) => box.left)) - retry.right };
  });
  await page.setViewportSize({ width: 1280, height: 800 });
  await waitForState(page, 'waiting', 20000);
  return (await handle.jsonValue()).room;
}

test('reconnects after a server restart and is live again', { timeout: 180000 }, async () => {
  const { page, complaints } = await openLivePage(browser, server.url);
  await page.waitForFunction(() => location.hash.includes('map='));
  const restarted = server.restart(3000);
  await waitForState(page, 'waiting', 20000);
  assert.ok(await roomBesideRetry(page) >= 0, 'the button to retry covers no other on a narrow screen');
  await page.waitForTimeout(500);
  const address = await page.evaluate(() => location.href);
  await waitForState(page, 'waiting', 20000);
  assert.match(await page.locator('#connection').innerText(), /^Reconnecting\s+in \d+ s/);
  assert.ok(await page.locator('#vehicle-list [role=option]').count() > 0, 'the last known vehicles stay');
  await restarted;
  await waitForState(page, 'live', 60000);
  const first = await readVehicleCanvas(page);
  await page.waitForTimeout(4000);
  assert.notEqual((await readVehicleCanvas(page)).sum, first.sum, 'arrows move again');
  assert.equal(await page.evaluate(() => location.href), address);
  const unexpected = complaints.filter((text) => !/ERR_CONNECTION|WebSocket connection|Failed to load resource/.test(text));
  assert.deepEqual(unexpected, []);
  assert.deepEqual(await page.evaluate(() => window.cspViolations), []);
});
