// What lies beneath the vehicles. These tests choose what the server says of its map, so they always run against the mock server.
import { strict as assert } from 'node:assert';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { launchBrowser } from './support/browser.js';
import { assertNoComplaints, openLivePage } from './support/live_page.js';
import { MockFleet } from './support/mock_fleet.js';
import { MockServer } from './support/mock_server.js';
import { freePort, pageDir } from './support/server.js';

const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
let browser;
before(async () => (browser = await launchBrowser()));
after(() => browser?.close());

/** @param {object} page what GET /v1/page says @param {string} rasterOrigin @param {(opened: any) => Promise<void>} run */
async function withMap(page, rasterOrigin, run) {
  const server = new MockServer({ pageDir: pageDir(), fleet: new MockFleet({ vehicles: 5 }), page, rasterOrigin });
  await server.start(0);
  const opened = await openLivePage(browser, `http://127.0.0.1:${server.port}/`);
  try {
    await run(opened);
  } finally {
    await opened.context.close();
    await server.stop();
  }
}

const outlines = (page) => page.locator('.leaflet-outlines-pane img.leaflet-tile-loaded').first();

test('own vector tiles are drawn and OpenStreetMap is credited', { timeout: 60000 }, async () => {
  await withMap({ vector_tiles: true, vector_bounds: [-123, 45, -122, 46] }, '', async ({ page, complaints }) => {
    await page.locator('.leaflet-tile-pane canvas.leaflet-tile-loaded').first().waitFor();
    await page.getByRole('link', { name: '© OpenStreetMap contributors' }).waitFor();
    await outlines(page).waitFor();
    await page.locator('#open-settings').click();
    await page.getByLabel('Outlines only').check();
    await page.locator('.leaflet-tile-pane canvas').first().waitFor({ state: 'detached' });
    assert.equal(await page.getByText('OpenStreetMap').count(), 0, 'no credit for what is not shown');
    await assertNoComplaints(page, complaints);
  });
});

test('the operator\'s raster tiles are drawn', { timeout: 60000 }, async () => {
  const tiles = createServer((_, response) => response.writeHead(200, { 'content-type': 'image/png' }).end(PIXEL));
  await new Promise((resolve) => tiles.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${tiles.address().port}`;
  try {
    await withMap({ raster_tile_url: `${origin}/{z}/{x}/{y}.png`, raster_attribution: 'Tiles & <b>maps</b>' }, origin, async ({ page, complaints }) => {
      await page.locator('.leaflet-tile-pane img.leaflet-tile-loaded').first().waitFor();
      await page.getByText('Tiles & maps').waitFor();
      await assertNoComplaints(page, complaints);
    });
  } finally {
    tiles.close();
  }
});

test('own vector tiles stand in while the raster tiles cannot be reached', { timeout: 90000 }, async () => {
  const tiles = createServer((_, response) => response.writeHead(200, { 'content-type': 'image/png' }).end(PIXEL));
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const config = { raster_tile_url: `${origin}/{z}/{x}/{y}.png`, vector_tiles: true, vector_bounds: [-123, 45, -122, 46] };
  const raster = (page) => page.locator('.leaflet-tile-pane img.leaflet-tile-loaded').first();
  const own = (page) => page.locator('.leaflet-tile-pane canvas.leaflet-tile-loaded').first();
  try {
    await withMap(config, origin, async ({ page }) => {
      await page.getByText('The background map cannot be reached. Imported streets are shown.').waitFor();
      await own(page).waitFor();
      await new Promise((resolve) => tiles.listen(port, '127.0.0.1', resolve));
      await raster(page).waitFor();
      await own(page).waitFor({ state: 'detached' });
      await page.locator('#map-notice').waitFor({ state: 'hidden' });
      tiles.closeAllConnections();
      await new Promise((resolve) => tiles.close(resolve));
      await page.getByRole('button', { name: 'Zoom in' }).click();
      await own(page).waitFor();
      assert.deepEqual(await page.evaluate(() => window.cspViolations), []);
    });
  } finally {
    tiles.close();
  }
});

test('the outlines stay when the raster tiles cannot be reached, and the page says so', { timeout: 60000 }, async () => {
  const origin = 'http://127.0.0.1:9';
  await withMap({ raster_tile_url: `${origin}/{z}/{x}/{y}.png` }, origin, async ({ page }) => {
    await page.getByText('The background map cannot be reached. Outlines are shown.').waitFor();
    await outlines(page).waitFor();
    assert.equal(await page.locator('.leaflet-tile-pane img.leaflet-tile-loaded').count(), 0);
    assert.deepEqual(await page.evaluate(() => window.cspViolations), []);
  });
});
