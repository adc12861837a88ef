// The real program's own vector tiles, of roads imported from OpenStreetMap, while the operator's raster tiles cannot be reached.
import { strict as assert } from 'node:assert';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launchBrowser } from './support/browser.js';
import { openLivePage } from './support/live_page.js';
import { isMock, startReal } from './support/server.js';

const osmFile = resolve(fileURLToPath(import.meta.url), '../../../../shared/data/osm/portland.osm.pbf');
const isAbsent = !existsSync(osmFile) && process.env.CI !== 'true';
const skip = (isMock && 'the mock server has no roads') || (isAbsent && `${osmFile} is absent`);
const MIDDLE = '45.51820/-122.66850';
let server;
let browser;
before(async () => {
  if (skip) return;
  server = await startReal({ osmFile, settings: ['--raster-tile-url', 'http://127.0.0.1:9/{z}/{x}/{y}.png'] });
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Shares of the drawn tiles' pixels that have the theme's colours of land and of roads.
 * @param {import('playwright-core').Page} page @returns {Promise<{land: number, roads: number}>} */
function shareOfColors(page) {
  return page.evaluate(() => {
    const style = getComputedStyle(document.documentElement);
    const colorOf = (name) => Number.parseInt(style.getPropertyValue(name).trim().slice(1), 16);
    const counts = new Map();
    let all = 0;
    for (const tile of document.querySelectorAll('.leaflet-tile-pane canvas.leaflet-tile-loaded')) {
      const { data } = window.readPixels(tile);
      for (let at = 0; at < data.length; at += 4) {
        all++;
        if (data[at + 3] < 255) continue;
        const color = (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
        counts.set(color, (counts.get(color) ?? 0) + 1);
      }
    }
    const share = (name) => (counts.get(colorOf(name)) ?? 0) / Math.max(1, all);
    return { land: share('--map-land'), roads: share('--map-road') + share('--map-highway') };
  });
}

for (const colorScheme of ['light', 'dark']) {
  test(`imported streets are drawn from zoom 12 to 16, ${colorScheme}`, { skip, timeout: 120000 }, async () => {
    const { page, context } = await openLivePage(browser, `${server.url}#map=12/${MIDDLE}`, { colorScheme });
    await page.getByText('Imported streets are shown.').waitFor();
    for (let zoom = 12; zoom <= 16; zoom++) {
      if (zoom > 12) await page.getByRole('button', { name: 'Zoom in' }).click();
      await page.waitForFunction((wanted) => location.hash.includes(`map=${wanted}/`), zoom);
      const deadline = Date.now() + 20000;
      let found = await shareOfColors(page);
      while ((found.roads < 0.01 || found.land < 0.2) && Date.now() < deadline) {
        await page.waitForTimeout(200);
        found = await shareOfColors(page);
      }
      assert.ok(found.roads >= 0.01 && found.land >= 0.2, `zoom ${zoom}: land ${found.land}, roads ${found.roads} of the pixels`);
    }
    assert.deepEqual(await page.evaluate(() => window.cspViolations), []);
    await context.close();
  });
}
