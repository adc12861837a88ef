// The speeding view: controls that change the figures, the address that brings them back, CSV, SQL and pack, other units, paper, empty
// and failed reports, episodes and their reviews. axe finds nothing there.
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { Program } from '../integration/support/program.js';
import { plantBreadcrumbs, plantDays, plantDrivers, plantEpisodes, plantVehicles } from '../integration/support/speeding_rows.js';
import { launchBrowser, openPage } from './support/browser.js';
import { assertNoComplaints } from './support/live_page.js';
import { isMock, pageDir } from './support/server.js';

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const DEADLINE = { timeout: 60000 };
const LIMITS = { skip: isMock && 'the mock server has no reports', timeout: 180000 };
const MARCH = `report=${encodeURIComponent('from=2026-03-01&to=2026-04-01')}`;
let program;
let browser;

before(async () => {
  if (isMock) return;
  program = await new Program({ flags: ['--static-dir', pageDir(), '--depot-time-zone', 'Europe/Berlin'] }).start({ timeoutMs: 120000 });
  await plantVehicles(program, ['van_1', 'van_2', 'van_3']);
  await plantDrivers(program, [{ id: 7, name: 'Ann' }]);
  await plantEpisodes(program, [
    { vehicle: 'van_1', at: '2026-03-10T08:00:00Z', excess: 45, driver: 7, source: 2 },
    { vehicle: 'van_1', at: '2026-03-11T08:00:00Z', excess: 7 },
    { vehicle: 'van_1', at: '2026-03-11T09:00:00Z', excess: 18, gap: 90 },
    { vehicle: 'van_2', at: '2026-03-10T08:00:00Z', excess: 12, driver: 7 },
    { vehicle: 'van_2', at: '2026-02-12T08:00:00Z', excess: 12, driver: 7 },
  ]);
  await plantDays(program, [
    { vehicle: 'van_1', day: '2026-03-10', driver: 7, km: 150, knownKm: 100, overKm: 3, overHours: 0.1 },
    { vehicle: 'van_1', day: '2026-03-11', km: 50, overKm: 1, overHours: 0.02 },
    { vehicle: 'van_2', day: '2026-03-10', driver: 7, km: 400 },
    { vehicle: 'van_2', day: '2026-02-12', driver: 7, km: 100 },
    { vehicle: 'van_3', day: '2026-03-12', km: 20, knownKm: 0 },
    { vehicle: 'van_3', day: '2026-01-12', km: 20, knownKm: 0 },
  ]);
  await plantBreadcrumbs(program, [0, 1, 2, 3, 4, 5, 6].map((step) => (
    { vehicle: 'van_1', at: new Date(Date.UTC(2026, 2, 10, 7, 59, 55 + 5 * step)).toISOString(), speed: [78, 90, 110, 125, 104, 90, 76][step], lon: -122.68 + 0.0015 * step })));
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  await program?.stop();
});

async function openReport(options, fields = MARCH) {
  const opened = await openPage(browser, { locale: 'en-IE', ...options });
  await opened.page.goto(`${program.base}/#view=speeding&${fields}`);
  await opened.page.locator('#speeding-rows tr').first().waitFor(DEADLINE);
  return opened;
}

/** Presses the first row, and its worst episode. */
async function openWorst(page) {
  await page.locator('.row-button').first().click();
  await page.locator('.episode-button').first().click();
  await page.locator('#episode-chart canvas').waitFor(DEADLINE);
  await page.locator('#episode-map path').first().waitFor({ state: 'attached', ...DEADLINE });
}

/** Waits until a tile of the fleet says this. */
const tile = (page, label, value) => page.locator('.tile').filter({ hasText: label }).filter({ hasText: value }).waitFor(DEADLINE);
const names = (page) => page.locator('#speeding-rows th').allInnerTexts();
const lookOf = (width, height, colorScheme, rest = {}) => ({ viewport: { width, height }, colorScheme, ...rest });
const phone = { isMobile: true, hasTouch: true };
const looks = {
  light: lookOf(1280, 800, 'light'),
  dark: lookOf(1280, 800, 'dark'),
  'phone, light': lookOf(390, 844, 'light', phone),
  'phone, dark': lookOf(390, 844, 'dark', phone),
  '320 px': lookOf(320, 640, 'light', phone),
};

async function assertAccessible(page, where) {
  await page.evaluate(readFileSync(axePath, 'utf8'));
  const found = await page.evaluate(async () => {
    const result = await /** @type {any} */ (window).axe.run(document, { resultTypes: ['violations'] });
    return result.violations.flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${node.target.join(' ')} ${node.failureSummary}`));
  });
  assert.deepEqual(found, [], where);
  const wide = await page.evaluate(() => [document.documentElement, document.getElementById('speeding')].map((element) => element.scrollWidth - element.clientWidth));
  assert.deepEqual(wide, [0, 0], `${where}: no sideways scrolling`);
}

for (const [name, options] of Object.entries(looks)) {
  test(`axe finds nothing in the speeding view: ${name}`, LIMITS, async () => {
    const { page, context, complaints } = await openReport(options);
    await assertAccessible(page, 'report');
    await page.locator('#speeding-show-sql').click();
    await page.locator('#speeding-sql-text').filter({ hasText: 'bi.' }).waitFor(DEADLINE);
    await assertAccessible(page, 'SQL');
    await page.locator('#speeding-sql-close').click();
    await openWorst(page);
    await assertAccessible(page, 'episode');
    await assertNoComplaints(page, complaints);
    await context.close();
  });
}

test('the fleet and its league table: rates with their intervals, bands, shares, the period before', LIMITS, async () => {
  const { page, context, complaints } = await openReport();
  assert.deepEqual(await names(page), ['van_1', 'van_2', 'van_3']);
  const cells = await page.locator('#speeding-rows tr').first().locator('td').allInnerTexts();
  assert.deepEqual(cells.map((cell) => cell.replace(/\s+/g, ' ')), ['1', '200 75.0% known', '3', '1', '1', '0', '1', '1.50 0.31 to 4.38', '75.0 15.5 to 219', '2.0% 3.0% of time', '+45 km/h', '–']);
  await tile(page, 'Driven', '620 km');
  await tile(page, 'Episodes', '1 minor, 2 moderate, 0 severe, 1 extreme');
  const facts = await page.locator('#speeding-facts').innerText();
  assert.match(facts, /^1 Mar 2026 to 31 Mar 2026, Europe\/Berlin\. Episodes of more than 5 km\/h over the limit, at least 10 s and 2 breadcrumbs; all, .*Rule set \d+\.$/);
  assert.equal(await page.title(), 'Speeding · crumbtrail');
  await assertNoComplaints(page, complaints);
  await context.close();
});

test('controls redraw at once, and the address brings them back', LIMITS, async () => {
  const { page, context, complaints } = await openReport();
  await page.locator('#speeding-tolerance').fill('15');
  await tile(page, 'Episodes', '0 minor, 1 moderate, 0 severe, 1 extreme');
  await page.getByText('Strict', { exact: true }).click();
  await tile(page, 'Episodes', '0 minor, 0 moderate, 0 severe, 1 extreme');
  await page.getByText('Driver', { exact: true }).first().click();
  await page.locator('#speeding-rows th').filter({ hasText: 'Nobody known' }).waitFor(DEADLINE);
  await page.waitForFunction(() => /tolerance_kmh%3D15/.test(location.hash) && /group_by%3Ddriver/.test(location.hash), null, DEADLINE);
  await page.reload();
  await page.locator('#speeding-rows th').filter({ hasText: 'Nobody known' }).waitFor(DEADLINE);
  await tile(page, 'Episodes', '0 minor, 0 moderate, 0 severe, 1 extreme');
  assert.equal(await page.locator('#speeding-tolerance').inputValue(), '15');
  assert.deepEqual([await page.locator('#speeding-from').inputValue(), await page.locator('#speeding-to').inputValue()], ['2026-03-01', '2026-03-31']);
  await page.locator('#speeding-to').fill('2026-03-10');
  await page.locator('#speeding-facts').filter({ hasText: '1 Mar 2026 to 10 Mar 2026' }).waitFor(DEADLINE);
  await page.getByText('Day', { exact: true }).first().click();
  await page.locator('#speeding-rows th').filter({ hasText: /Tue,? 10 Mar 2026/ }).waitFor(DEADLINE);
  await page.locator('#speeding-samples').fill('0');
  await page.locator('#speeding-problem').filter({ hasText: 'Breadcrumbs at least: a whole number from 1 to 1000000.' }).waitFor(DEADLINE);
  await page.locator('#speeding-samples').fill('6');
  await page.locator('#speeding-state').filter({ hasText: 'No episode counts with these filters.' }).waitFor(DEADLINE);
  await assertNoComplaints(page, complaints);
  await context.close();
});

test('CSV, SQL and the insurance pack are of what is shown', LIMITS, async () => {
  const { page, context } = await openReport(undefined, `report=${encodeURIComponent('from=2026-03-01&to=2026-04-01&group_by=driver&strict=true')}`);
  const csv = await fetch(await page.locator('#speeding-csv').evaluate((link) => link.href));
  assert.equal(csv.status, 200);
  assert.match(await csv.text(), /driver[\s\S]*Ann/);
  const pack = await fetch(await page.locator('#speeding-pack').evaluate((link) => link.href));
  assert.deepEqual([pack.status, pack.headers.get('content-type')], [200, 'application/zip']);
  await pack.arrayBuffer();
  await page.locator('#speeding-show-sql').click();
  const text = page.locator('#speeding-sql-text').filter({ hasText: /\bbi\./ });
  await text.waitFor(DEADLINE);
  const rows = await program.sql((await text.textContent()).replace(/;\s*$/, ''));
  assert.ok(JSON.stringify(rows).includes('Ann'), 'the query runs and has the rows');
  await page.locator('#speeding-sql-copy').click();
  await page.locator('#speeding-sql-state').filter({ hasText: /Copied|Selected/ }).waitFor(DEADLINE);
  await page.keyboard.press('Escape');
  await page.locator('#speeding-sql').waitFor({ state: 'hidden', ...DEADLINE });
  assert.ok(await page.locator('#speeding').isVisible(), 'Escape closes the dialog alone');
  await context.close();
});

test('miles, an empty period, unknown limits, and a report that fails', LIMITS, async () => {
  const { page, context } = await openReport();
  await page.locator('#open-settings').click();
  await page.locator('#settings input[value=mph]').check();
  await page.keyboard.press('Escape');
  await tile(page, 'Driven', '385 mi');
  assert.equal(await page.locator('#speeding-tolerance').inputValue(), '3.1');
  await page.locator('#speeding-from').fill('2026-01-01');
  await page.locator('#speeding-to').fill('2026-01-31');
  await page.locator('#speeding-state').filter({ hasText: 'No speed limit is known' }).waitFor(DEADLINE);
  await page.locator('#speeding-to').fill('2026-01-02');
  await page.locator('#speeding-state').filter({ hasText: 'Nothing was driven in this period.' }).waitFor(DEADLINE);
  assert.ok(await page.locator('#speeding-league').isHidden());
  await page.route('**/v1/speeding/report?*', (route) => route.abort());
  await page.locator('#speeding-to').fill('2026-02-28');
  await page.locator('#speeding-state').filter({ hasText: 'The report could not be read: The server cannot be reached.' }).waitFor(DEADLINE);
  await context.close();
});

test('turned by link, key and the way back; on paper the report alone', LIMITS, async () => {
  const { page, context, complaints } = await openPage(browser, { locale: 'en-IE' });
  await page.goto(`${program.base}/#map=9/45.5/-122.6`);
  await page.locator('#connection[data-state=live]').waitFor(DEADLINE);
  await page.keyboard.press('s');
  await page.locator('#speeding:not([hidden])').waitFor(DEADLINE);
  assert.ok(await page.evaluate(() => document.activeElement.id === 'speeding' && document.getElementById('layout').inert));
  await page.locator('#nav-ingest').click();
  await page.locator('#ingest:not([hidden])').waitFor(DEADLINE);
  assert.ok(await page.locator('#speeding').isHidden());
  await page.goBack();
  await page.locator('#speeding:not([hidden])').waitFor(DEADLINE);
  await page.locator('#speeding-range').selectOption('dates');
  await page.locator('#speeding-from').fill('2026-03-01');
  await page.locator('#speeding-to').fill('2026-03-31');
  await page.locator('#speeding-rows tr').nth(2).waitFor(DEADLINE);
  await page.emulateMedia({ media: 'print' });
  for (const hidden of ['.bar', '#speeding-form', '.speeding-actions']) assert.ok(await page.locator(hidden).isHidden(), hidden);
  for (const shown of ['#speeding-facts', '#speeding-tiles', '#speeding-league']) assert.ok(await page.locator(shown).isVisible(), shown);
  await page.emulateMedia({ media: 'screen' });
  await page.keyboard.press('Escape');
  await page.locator('#speeding').waitFor({ state: 'hidden', ...DEADLINE });
  await assertNoComplaints(page, complaints);
  await context.close();
});

test('a row lists its episodes, worst first; one is shown with its speed, way and marks', LIMITS, async () => {
  const { page, context, complaints } = await openReport();
  await openWorst(page);
  const listed = await page.locator('.episode-button strong').allInnerTexts();
  assert.deepEqual(listed, ['+45 km/h', '+18 km/h', '+7 km/h']);
  const facts = await page.locator('#episode-facts').innerText();
  for (const part of ['Ann', '+45 km/h over the limit (extreme), at 125 km/h', '80 km/h, posted on the road', '20 s over 500 m, up to 10 s longer', '5 breadcrumbs, largest gap 5 s, counts as strict']) {
    assert.ok(facts.includes(part), `${part} in:\n${facts}`);
  }
  const colors = await page.locator('#episode-map path').evaluateAll((paths) => new Set(paths.map((path) => path.getAttribute('stroke'))).size);
  assert.equal(colors, 3, 'where it began, above, far above');
  await page.locator('.episode-button').nth(1).click();
  await page.locator('#episode-facts').filter({ hasText: 'largest gap 90 s, not strict' }).waitFor(DEADLINE);
  const id = await page.locator('.episode-button[aria-pressed=true]').getAttribute('data-id');
  await page.waitForFunction((fields) => location.hash.includes(fields), `row=vehicle%3Dvan_1&episode=${id}`, DEADLINE);
  await page.reload();
  await page.locator('#episode-facts').filter({ hasText: 'largest gap 90 s, not strict' }).waitFor(DEADLINE);
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => !/row=/.test(location.hash), null, DEADLINE);
  assert.ok(await page.locator('#speeding').isVisible());
  await assertNoComplaints(page, complaints);
  await context.close();
});

test('the episodes of a driver and of a day', LIMITS, async () => {
  const { page, context } = await openReport();
  await page.getByText('Driver', { exact: true }).first().click();
  await page.locator('.row-button').filter({ hasText: 'Nobody known' }).click();
  await page.locator('.episode-button').nth(1).waitFor(DEADLINE);
  assert.deepEqual(await page.locator('.episode-button strong').allInnerTexts(), ['+18 km/h', '+7 km/h']);
  await page.locator('#speeding-row-close').click();
  await page.getByText('Day', { exact: true }).first().click();
  await page.locator('.row-button').filter({ hasText: /Tue,? 10 Mar 2026/ }).click();
  await page.locator('.episode-button').nth(1).waitFor(DEADLINE);
  assert.deepEqual(await page.locator('.episode-button strong').allInnerTexts(), ['+45 km/h', '+12 km/h']);
  await context.close();
});

test('a review is stored with its note and name, and strict figures follow it', LIMITS, async () => {
  const { page, context, complaints } = await openReport(undefined, `report=${encodeURIComponent('from=2026-03-01&to=2026-04-01&strict=true')}`);
  await tile(page, 'Episodes', '1 minor, 1 moderate, 0 severe, 1 extreme');
  await openWorst(page);
  await page.locator('#review-note').fill('Made way for an ambulance <b>');
  await page.locator('#review-who').fill('dora');
  await page.getByRole('button', { name: 'Excuse' }).click();
  await page.locator('#review-state').filter({ hasText: 'Stored: excused.' }).waitFor(DEADLINE);
  await page.locator('#review-list li').filter({ hasText: 'excused: Made way for an ambulance <b>' }).filter({ hasText: 'dora' }).waitFor(DEADLINE);
  await page.locator('.tile').filter({ hasText: '1 minor, 1 moderate, 0 severe, 0 extreme' }).waitFor({ state: 'attached', ...DEADLINE });
  const { body } = await program.get('/v1/speeding/episodes?from=2026-03-01&to=2026-04-01&review=excused');
  assert.deepEqual(body.items.map((item) => [item.vehicle, item.max_excess_kmh, item.review_note, item.reviewed_by]), [['van_1', 45, 'Made way for an ambulance <b>', 'dora']]);
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.locator('#review-state').filter({ hasText: 'Stored: open.' }).waitFor(DEADLINE);
  await page.keyboard.press('Escape');
  await tile(page, 'Episodes', '1 minor, 1 moderate, 0 severe, 1 extreme');
  await assertNoComplaints(page, complaints);
  await context.close();
});
