// The page as a person meets it: opened, live, with vehicles listed. And what may be asked of the canvas.
import { strict as assert } from 'node:assert';
import { openPage } from './browser.js';

/** Opens the page and waits until positions are shown.
 * @param {import('playwright-core').Browser} browser @param {string} url @param {object} [options] */
export async function openLivePage(browser, url, options) {
  const opened = await openPage(browser, options);
  await opened.page.addInitScript(definePixelReader);
  await opened.page.goto(url);
  await waitForState(opened.page, 'live');
  await opened.page.locator('#vehicle-list [role=option]').first().waitFor();
  return opened;
}

/** The vehicle canvas belongs to a worker: what it shows is read by way of a copy. */
function definePixelReader() {
  window.readPixels = (/** @type {HTMLCanvasElement} */ canvas) => {
    const copy = new OffscreenCanvas(canvas.width, canvas.height);
    const context = copy.getContext('2d');
    context.drawImage(canvas, 0, 0);
    return context.getImageData(0, 0, copy.width, copy.height);
  };
}

/** @param {import('playwright-core').Page} page @param {string} state */
export function waitForState(page, state, timeout = 60000) {
  return page.locator(`#connection[data-state=${state}]`).waitFor({ timeout });
}

/** Pixels of the vehicle canvas, as one number that changes with the picture, and how many are painted.
 * @param {import('playwright-core').Page} page @returns {Promise<{painted: number, sum: number}>} */
export function readVehicleCanvas(page) {
  return page.evaluate(() => {
    const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector('.leaflet-vehicles-pane canvas'));
    const { data } = window.readPixels(canvas);
    let [painted, sum] = [0, 0];
    for (let at = 3; at < data.length; at += 4) {
      if (data[at] === 0) continue;
      painted++;
      sum = (Math.imul(sum, 31) + at) | 0;
    }
    return { painted, sum };
  });
}

/** Middle of the first painted blob, in CSS pixels of the window; scans from the middle of the map outwards.
 * @param {import('playwright-core').Page} page */
export function findVehicleOnScreen(page) {
  return page.evaluate(() => {
    const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector('.leaflet-vehicles-pane canvas'));
    const colors = ['--status-moving', '--status-idling', '--status-stopped'].map((name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim());
    const wanted = new Set(colors.map((color) => Number.parseInt(color.slice(1), 16)));
    const box = canvas.getBoundingClientRect();
    const map = /** @type {HTMLElement} */ (document.getElementById('map')).getBoundingClientRect();
    const ratio = canvas.width / box.width;
    const { data } = window.readPixels(canvas);
    for (let y = map.top + 150; y < map.bottom - 60; y++) {
      for (let x = map.left + 80; x < map.right - 40; x++) {
        const at = (Math.round((y - box.top) * ratio) * canvas.width + Math.round((x - box.left) * ratio)) * 4;
        if (data[at + 3] === 255 && wanted.has((data[at] << 16) | (data[at + 1] << 8) | data[at + 2])) return { x, y };
      }
    }
    return null;
  });
}

/** Which share is painted of the pixels 17 to 20 CSS pixels from the middle of the map, where the ring of a selected vehicle lies, and
 * of all farther ones.
 * @param {import('playwright-core').Page} page @returns {Promise<{ring: number, far: number}>} */
export function sharePaintedAroundMiddle(page) {
  return page.evaluate(() => {
    const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector('.leaflet-vehicles-pane canvas'));
    const box = canvas.getBoundingClientRect();
    const map = /** @type {HTMLElement} */ (document.getElementById('map')).getBoundingClientRect();
    const { data } = window.readPixels(canvas);
    const ring = { all: 0, painted: 0 };
    const far = { all: 0, painted: 0 };
    for (let y = 0; y < canvas.height; y++) {
      for (let x = 0; x < canvas.width; x++) {
        const distance = Math.hypot(x + box.left - (map.left + map.right) / 2, y + box.top - (map.top + map.bottom) / 2);
        if (distance < 17) continue;
        const area = distance <= 20 ? ring : far;
        area.all++;
        if (data[(y * canvas.width + x) * 4 + 3] >= 200) area.painted++;
      }
    }
    return { ring: ring.painted / ring.all, far: far.painted / far.all };
  });
}

/** No error, no exception, nothing that the content security policy refused.
 * @param {import('playwright-core').Page} page @param {string[]} complaints */
export async function assertNoComplaints(page, complaints) {
  assert.deepEqual(complaints, []);
  assert.deepEqual(await page.evaluate(() => /** @type {any} */ (window).cspViolations), []);
}
