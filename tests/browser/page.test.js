// The page against a running server: it loads, lives, selects, searches and says where it stands.
import { strict as assert } from 'node:assert';
import { after, before, test } from 'node:test';
import { launchBrowser } from './support/browser.js';
import { assertNoComplaints, sharePaintedAroundMiddle, findVehicleOnScreen, openLivePage, readVehicleCanvas } from './support/live_page.js';
import { sleep, startServer, VEHICLES } from './support/server.js';

/** @type {import('./support/server.js').RunningServer} */
let server;
/** @type {import('playwright-core').Browser} */
let browser;

before(async () => {
  server = await startServer();
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** @param {string} name @param {(page: import('playwright-core').Page) => Promise<void>} run */
function pageTest(name, run, path = '') {
  test(name, { timeout: 90000 }, async () => {
    const { page, context, complaints } = await openLivePage(browser, server.url + path);
    try {
      await run(page);
      await assertNoComplaints(page, complaints);
    } finally {
      await context.close();
    }
  });
}

const rows = (page) => page.locator('#vehicle-list [role=option]:not([hidden])');

pageTest('shows the whole fleet, live', async (page) => {
  await page.waitForFunction((count) => document.getElementById('list-summary')?.textContent === `${count} in view`, VEHICLES, { timeout: 30000 });
  assert.match(await page.locator('#connection').innerText(), /^Live\s+\d+\.\d s behind/);
  assert.equal(await page.getByRole('status').first().innerText(), 'Live');
  assert.ok((await readVehicleCanvas(page)).painted > 100, 'vehicles are painted');
});

pageTest('arrows move', async (page) => {
  const first = await readVehicleCanvas(page);
  await page.waitForTimeout(4000);
  const later = await readVehicleCanvas(page);
  assert.notEqual(later.sum, first.sum);
});

pageTest('outlines lie beneath without any outside network', async (page) => {
  await page.locator('.leaflet-outlines-pane img.leaflet-tile-loaded').first().waitFor();
  const outside = await page.evaluate(() => performance.getEntriesByType('resource').map((entry) => entry.name).filter((name) => new URL(name).origin !== location.origin));
  assert.deepEqual(outside, []);
  assert.match(await page.locator('.leaflet-control-attribution').innerText(), /Natural Earth/);
});

pageTest('search narrows the list, Escape clears it', async (page) => {
  await page.keyboard.press('/');
  const name = await rows(page).nth(2).locator('.row-name').innerText();
  await page.keyboard.type(name);
  await page.waitForFunction((wanted) => [...document.querySelectorAll('#vehicle-list [role=option]:not([hidden]) .row-name')].every((row) => row.textContent?.includes(wanted)), name);
  await page.locator('#search').fill('no such vehicle');
  await page.getByText('No vehicle matches').waitFor();
  await page.keyboard.press('Escape');
  await rows(page).nth(2).waitFor();
  assert.equal(await page.locator('#search').inputValue(), '');
});

pageTest('search finds a vehicle beyond the view and goes there', async (page) => {
  const name = await rows(page).first().locator('.row-name').innerText();
  await page.goto(`${server.url}?elsewhere#map=9/-33.90000/151.20000`);
  await page.getByText('No vehicle in view').waitFor();
  await page.locator('#search').fill(name);
  const row = rows(page).filter({ hasText: 'elsewhere' }).filter({ has: page.getByText(name, { exact: true }) });
  await row.waitFor({ timeout: 15000 }).catch(() => {});
  assert.equal(await row.count(), 1);
  await row.click();
  await rows(page).filter({ hasNotText: 'elsewhere' }).filter({ has: page.getByText(name, { exact: true }) }).waitFor({ timeout: 15000 });
  assert.equal(await page.locator('#panel-name').innerText(), name);
});

pageTest('J selects: panel, trail, chart, address', async (page) => {
  await page.keyboard.press('j');
  const name = await page.locator('#panel-name').innerText();
  await page.locator('#panel-facts dt').getByText('Age of the fix').waitFor();
  await page.locator('#panel-more dt').getByText('VIN').waitFor();
  await page.locator('#speed-chart canvas').waitFor({ timeout: 20000 });
  await page.waitForFunction(() => /^Speed from/.test(document.getElementById('speed-caption')?.textContent ?? ''), null, { timeout: 20000 });
  await page.waitForFunction((wanted) => location.hash.includes(`vehicle=${wanted}`), encodeURIComponent(name));
  assert.match(await page.evaluate(() => location.hash), /map=\d+\/-?\d+\.\d{5}\/-?\d+\.\d{5}/);
  await page.locator('#speed-table summary').click();
  await page.waitForFunction(() => document.querySelectorAll('#speed-rows tr').length >= 2, null, { timeout: 20000 });
  await page.keyboard.press('Escape');
  await page.locator('#panel').waitFor({ state: 'hidden' });
});

pageTest('list works by keyboard alone', async (page) => {
  await page.locator('#vehicle-list').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  const active = await page.evaluate(() => document.getElementById(document.getElementById('vehicle-list')?.getAttribute('aria-activedescendant') ?? '')?.querySelector('.row-name')?.textContent);
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('#panel-name').innerText(), active);
  await page.keyboard.press('f');
  assert.equal(await page.locator('#panel-follow').getAttribute('aria-pressed'), 'true');
});

pageTest('a click on an arrow selects its vehicle', async (page) => {
  await sleep(500);
  const point = await findVehicleOnScreen(page);
  assert.ok(point, 'a vehicle is on the screen');
  await page.mouse.click(point.x + 1, point.y + 1);
  await page.locator('#panel').waitFor();
  assert.notEqual(await page.locator('#panel-name').innerText(), '');
});

pageTest('a followed vehicle is painted in the middle of the map, also after zooming', async (page) => {
  await page.keyboard.press('j');
  await page.keyboard.press('f');
  for (const button of ['Zoom in', 'Zoom in', 'Zoom out']) {
    await page.getByRole('button', { name: button }).click();
    await page.waitForTimeout(1500);
    const { ring, far } = await sharePaintedAroundMiddle(page);
    assert.ok(ring > 0.5, `the ring of the selected vehicle is in the middle after ${button}: ${ring} of its pixels`);
    assert.ok(far < 0.1, `and is not everywhere: ${far} of all others`);
  }
});

pageTest('chips filter list and map', async (page) => {
  const all = (await readVehicleCanvas(page)).painted;
  await page.locator('.chip-silent').click();
  const silent = Number(await page.locator('.chip-silent .chip-count').innerText());
  await page.waitForFunction((count) => document.getElementById('list-summary')?.textContent?.startsWith(`${count} of`), silent);
  await page.waitForTimeout(300);
  assert.ok((await readVehicleCanvas(page)).painted < all);
  await page.waitForFunction(() => location.hash.includes('status=silent'));
});

pageTest('units and theme are kept', async (page) => {
  await page.locator('#open-settings').click();
  await page.locator('#settings').getByLabel('km/h').check();
  await page.getByLabel('Dark').check();
  await page.getByRole('button', { name: 'Done' }).click();
  await page.reload();
  await rows(page).first().waitFor();
  assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme), 'dark');
  await page.getByText(/km\/h/).first().waitFor();
});
