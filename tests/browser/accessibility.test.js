// axe finds nothing: light, dark, phone and 320 px, with and without a selected vehicle, and in the dialogs. No sideways scrolling.
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { launchBrowser } from './support/browser.js';
import { assertNoComplaints, openLivePage } from './support/live_page.js';
import { startServer } from './support/server.js';

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const phone = { isMobile: true, hasTouch: true };
const looks = {
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  'phone, light': { ...phone, viewport: { width: 390, height: 844 }, colorScheme: 'light' },
  'phone, dark': { ...phone, viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
  '320 px': { ...phone, viewport: { width: 320, height: 640 }, colorScheme: 'light' },
};
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

/** @param {import('playwright-core').Page} page @param {string} where */
async function assertAccessible(page, where) {
  const found = await page.evaluate(async () => {
    const result = await /** @type {any} */ (window).axe.run(document, { resultTypes: ['violations'] });
    return result.violations.flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${node.target.join(' ')} ${node.failureSummary}`));
  });
  assert.deepEqual(found, [], where);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${where}: no sideways scrolling`);
}

for (const [name, options] of Object.entries(looks)) {
  test(`axe finds nothing: ${name}`, { timeout: 120000 }, async () => {
    const { page, context, complaints } = await openLivePage(browser, server.url, options);
    // Set through the debugger: the page's own policy would refuse an injected script element.
    await page.evaluate(readFileSync(axePath, 'utf8'));
    await assertAccessible(page, 'fleet');
    await page.keyboard.press('j');
    await page.locator('#speed-chart canvas').waitFor({ timeout: 20000 });
    await assertAccessible(page, 'vehicle');
    await page.locator('#open-settings').click();
    await assertAccessible(page, 'settings');
    await page.keyboard.press('Escape');
    await page.locator('#open-help').click();
    await assertAccessible(page, 'help');
    await assertNoComplaints(page, complaints);
    await context.close();
  });
}
