// The ingest view: figures, rejected events and their replay, the trace, its address and keys; and the line over every view while
// the database is away. axe finds nothing there either.
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { Program, iotEvent } from '../integration/support/program.js';
import { launchBrowser, openPage } from './support/browser.js';
import { assertNoComplaints } from './support/live_page.js';
import { isMock, pageDir } from './support/server.js';

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const NOW = Math.floor(Date.now() / 1000);
const flags = isMock ? [] : ['--static-dir', pageDir()];
const DEADLINE = { timeout: 60000 };
/** The guest has the database of the host: without the host it has none. */
let host;
let guest;
let browser;

before(async () => {
  if (isMock) return;
  host = await new Program({ flags }).start({ timeoutMs: 120000 });
  guest = await new Program({ database: `host=${host.data}/run user=postgres dbname=crumbtrail`, flags }).start({ timeoutMs: 120000 });
  await guest.post([iotEvent({ vehicle: 'van_1', version: 1, seconds: NOW - 20 }), { thingnm: 'van_bad', latitude: 99, longitude: 1 }, { nothing: true }]);
  await guest.post(new Uint8Array([0xff, 0xfe, 0, 1]));
  await keepGoodOnes(host);
  await host.sql(`INSERT INTO ingest_object (bucket, object_key, version_key, found_by, state, announced_at, tries, error, next_try_at) VALUES
    ('fleet-raw', 'iot/van_1/1.json', '', 1, 'read', now(), 1, NULL, NULL), ('fleet-raw', 'iot/van_1/2.json', '', 2, 'failed', now(), 3, 'access denied', now() + interval '1 day')`);
  await host.sql(`INSERT INTO ingest_sweep VALUES ('s3://fleet-raw/iot/', now(), now(), 3, 1, 4, NULL)`);
  await host.sql(`INSERT INTO ingest_confirmation (arn, kind, url, state, asked_at) VALUES
    ('arn:aws:sns:eu-central-1:123456789012:fleet', 'subscription', 'https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription', 'operator', now()),
    ('arn:aws:iot:eu-central-1:123456789012:ruledestination/http/1', 'destination', 'https://evil.example/', 'operator', now())`);
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  await guest?.stop();
  await host?.stop();
});

/** Rejected events that can be read now, as after a fix. */
async function keepGoodOnes(program) {
  for (const version of [7, 8, 9]) {
    const body = Buffer.from(JSON.stringify(iotEvent({ vehicle: 'van_late', version, seconds: NOW - 50 + version }))).toString('hex');
    await program.sql(`INSERT INTO rejected (digest, received_at, source, vehicle, field, reason, request_id, body)
      VALUES ('good${version}', now(), 3, 'van_late', '$', 'of an earlier version', 's3://fleet-raw/iot/${version}', '\\x${body}')`);
  }
}

async function openIngest(options, hash = '#view=ingest') {
  const opened = await openPage(browser, options);
  await opened.page.goto(`${guest.base}/${hash}`);
  await opened.page.locator('#paths-rows tr').first().waitFor(DEADLINE);
  await opened.page.locator('#rejected-list li').first().waitFor(DEADLINE);
  return opened;
}

const rejectedItem = (page, text) => page.locator('#rejected-list li').filter({ hasText: text }).first();
const skip = isMock && 'the mock server has no ingest';
const phone = { isMobile: true, hasTouch: true };
const looks = {
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  'phone, light': { ...phone, viewport: { width: 390, height: 844 }, colorScheme: 'light' },
  'phone, dark': { ...phone, viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
  '320 px': { ...phone, viewport: { width: 320, height: 640 }, colorScheme: 'light' },
};

for (const [name, options] of Object.entries(looks)) {
  test(`axe finds nothing in the ingest view: ${name}`, { skip, timeout: 120000 }, async () => {
    const { page, context, complaints } = await openIngest(options, '#view=ingest&trace=van_1%2F1');
    await page.locator('.trace-steps').waitFor(DEADLINE);
    await page.locator('#objects-trouble summary').click();
    await page.locator('#trouble-list li').waitFor(DEADLINE);
    await rejectedItem(page, 'expected -90..90').locator('summary').click();
    await page.locator('pre.bytes').filter({ hasText: 'van_bad' }).waitFor(DEADLINE);
    await page.evaluate(readFileSync(axePath, 'utf8'));
    const found = await page.evaluate(async () => {
      const result = await /** @type {any} */ (window).axe.run(document, { resultTypes: ['violations'] });
      return result.violations.flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${node.target.join(' ')} ${node.failureSummary}`));
    });
    assert.deepEqual(found, []);
    const wide = await page.evaluate(() => ['documentElement', 'ingest'].map((id) => {
      const element = id === 'ingest' ? document.getElementById('ingest') : document.documentElement;
      return element.scrollWidth - element.clientWidth;
    }));
    assert.deepEqual(wide, [0, 0], 'no sideways scrolling');
    await assertNoComplaints(page, complaints);
    await context.close();
  });
}

test('the view says what came by which way, and what AWS wants opened', { skip, timeout: 120000 }, async () => {
  const { page, context } = await openIngest();
  const cells = await page.locator('#paths-rows tr').first().locator('th, td').allInnerTexts();
  assert.match(cells[0], /^HTTP action\n\d+ s ago$|^HTTP action\n\d+ min ago$/);
  assert.deepEqual([cells[1], cells[3]], ['4', '3']);
  assert.match(await page.locator('#paths-rows tr').nth(1).innerText(), /^SNS\s+nothing yet/);
  assert.match(await page.locator('#objects-summary').innerText(), /^1 failed/);
  assert.match(await page.locator('#sweeps').innerText(), /1 had been missed \(4 ever\)/);
  const links = await page.locator('#confirmations a').evaluateAll((all) => all.map((link) => [link.href, link.rel, link.target]));
  assert.deepEqual(links, [['https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription', 'noopener noreferrer', '_blank']]);
  assert.equal(await page.title(), 'Ingest · crumbtrail');
  await context.close();
});

test('figures are renewed by themselves, and what a person has opened stays', { skip, timeout: 120000 }, async () => {
  const { page, context } = await openIngest();
  const summary = rejectedItem(page, 'expected -90..90').locator('summary');
  await summary.click();
  await summary.focus();
  await page.evaluate(() => { window.firstRow = document.querySelector('#paths-rows tr'); });
  const events = page.locator('#paths-rows tr').first().locator('td').first();
  const before = await events.innerText();
  await guest.post(iotEvent({ vehicle: 'van_1', version: 2, seconds: NOW - 10 }));
  await page.waitForFunction((text) => document.querySelector('#paths-rows td').textContent !== text, before, DEADLINE);
  assert.ok(await page.evaluate(() => window.firstRow === document.querySelector('#paths-rows tr')), 'the row is the same element');
  assert.ok(await page.evaluate(() => document.activeElement?.matches('#rejected-list summary')), 'the focus stays');
  await page.locator('pre.bytes').filter({ hasText: 'van_bad' }).waitFor(DEADLINE);
  await context.close();
});

test('a rejected event is replayed, one alone and all that fit', { skip, timeout: 120000 }, async () => {
  const { page, context, complaints } = await openIngest();
  const one = rejectedItem(page, '/iot/7');
  await one.getByRole('button', { name: /^Replay/ }).click();
  await one.locator('.outcome').filter({ hasText: 'Stored: one event.' }).waitFor(DEADLINE);
  const bad = rejectedItem(page, 'expected -90..90');
  await bad.getByRole('button', { name: /^Replay/ }).click();
  await bad.locator('.outcome').filter({ hasText: 'it still cannot be taken: expected -90..90' }).waitFor(DEADLINE);

  await page.getByRole('button', { name: 'of an earlier version' }).click();
  await page.waitForFunction(() => document.querySelectorAll('#rejected-list li').length === 2, null, DEADLINE);
  assert.match(await page.evaluate(() => document.getElementById('rejected-reason').value), /^of an earlier version$/);
  await page.getByRole('button', { name: 'Replay all of these' }).click();
  await page.locator('#rejected-state').filter({ hasText: 'No rejected event fits.' }).or(page.locator('#rejected-state').filter({ hasText: '2 read again: 2 stored, 0 still rejected.' })).waitFor(DEADLINE);
  await page.waitForFunction(() => document.querySelectorAll('#rejected-list li').length === 0, null, DEADLINE);
  const { body } = await guest.get('/v1/positions?vehicle=van_late');
  assert.deepEqual(body.items.map((item) => item.version).sort(), [7, 8, 9]);
  const unexpected = complaints.filter((text) => !/409 \(Conflict\)/.test(text));
  assert.deepEqual(unexpected, []);
  await context.close();
});

test('a failed object is read again', { skip, timeout: 120000 }, async () => {
  const { page, context } = await openIngest();
  await page.locator('#objects-trouble summary').click();
  await page.getByRole('button', { name: 'Read again: iot/van_1/2.json' }).click();
  await page.locator('#trouble-state').filter({ hasText: 'iot/van_1/2.json waits to be read.' }).waitFor(DEADLINE);
  await context.close();
});

test('one event is followed, and the address leads there again', { skip, timeout: 120000 }, async () => {
  const { page, context, complaints } = await openIngest();
  await page.locator('#trace-vehicle').fill('van_1');
  await page.locator('#trace-version').fill('1');
  await page.keyboard.press('Enter');
  await page.locator('.trace-steps').filter({ hasText: 'by HTTP action' }).filter({ hasText: 'Committed' }).waitFor(DEADLINE);
  await page.waitForFunction(() => location.hash.includes('trace=van_1%2F1'), null, DEADLINE);
  await page.reload();
  await page.locator('.trace-steps').filter({ hasText: 'Moved the marker' }).waitFor(DEADLINE);
  await page.locator('#trace-vehicle').fill('van_bad');
  await page.keyboard.press('Enter');
  await page.locator('#trace-result').filter({ hasText: /No event of van_bad is stored; rejected ones of it are \d+/ }).waitFor(DEADLINE);
  assert.deepEqual(complaints.filter((text) => !/404 \(Not Found\)/.test(text)), []);
  await context.close();
});

test('the view is turned by link, key and the way back; the map stays as it was', { skip, timeout: 120000 }, async () => {
  const { page, context, complaints } = await openPage(browser);
  await page.goto(`${guest.base}/#map=9/45.5/-122.6`);
  await page.locator('#connection[data-state=live]').waitFor(DEADLINE);
  await page.keyboard.press('i');
  await page.locator('#ingest:not([hidden])').waitFor(DEADLINE);
  assert.equal(await page.locator('#nav-ingest').getAttribute('aria-current'), 'page');
  assert.ok(await page.evaluate(() => document.activeElement.id === 'ingest' && document.getElementById('layout').inert));
  await page.waitForFunction(() => /view=ingest.*map=9/.test(location.hash), null, DEADLINE);
  await page.goBack();
  await page.locator('#ingest').waitFor({ state: 'hidden', ...DEADLINE });
  await page.locator('#nav-ingest').click();
  await page.locator('#ingest:not([hidden])').waitFor(DEADLINE);
  await page.keyboard.press('Escape');
  await page.locator('#ingest').waitFor({ state: 'hidden', ...DEADLINE });
  await page.waitForFunction(() => location.hash.startsWith('#map=9/45.5'), null, DEADLINE);
  assert.equal(await page.title(), 'crumbtrail');
  await assertNoComplaints(page, complaints);
  await context.close();
});

test('while the database is away, every view says what waits on disk', { skip, timeout: 180000 }, async () => {
  const { page, context } = await openIngest();
  const { page: map, context: mapContext } = await openPage(browser, looks['phone, light']);
  await map.goto(`${guest.base}/`);
  await map.locator('#connection[data-state=live]').waitFor(DEADLINE);
  assert.ok(await map.locator('#spool-banner').isHidden());
  await host.stop();
  for (const each of [page, map]) await each.locator('#spool-banner').filter({ hasText: 'The database is away: events are kept on disk' }).waitFor(DEADLINE);
  await page.locator('#ingest-notice').filter({ hasText: /^The database is away: these figures are .* old\.$/ }).waitFor(DEADLINE);
  assert.equal((await guest.post(iotEvent({ vehicle: 'van_spooled', version: 1 }))).status, 200);
  for (const each of [page, map]) await each.locator('#spool-figure').filter({ hasText: /^1 waiting \(.*\), the oldest for \d+ s\.$/ }).waitFor(DEADLINE);
  assert.ok(await map.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  assert.ok(await page.locator('#paths-rows tr').count() === 5, 'the figures read last stay');
  await map.reload();
  await map.locator('#spool-figure').filter({ hasText: /^1 waiting/ }).waitFor(DEADLINE);
  host = await new Program({ data: host.data, flags }).start({ timeoutMs: 120000 });
  for (const each of [page, map]) await each.locator('#spool-banner').waitFor({ state: 'hidden', ...DEADLINE });
  assert.equal((await guest.get('/v1/positions?vehicle=van_spooled')).body.items.length, 1);
  await context.close();
  await mapContext.close();
});
