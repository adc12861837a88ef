// The shadow in the vehicle's panel, and what is sent to the vehicle: typed, judged, taken, confirmed, with AWS IoT's data API
// stood in for by a fake one.
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { IotData } from '../integration/support/iot_data.js';
import { launchBrowser } from './support/browser.js';
import { assertNoComplaints, openLivePage } from './support/live_page.js';
import { INGEST_KEY, isMock, startReal } from './support/server.js';

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const NAME = 'asked:1';
const LONG = { timeout: 60000 };
const skip = isMock && 'needs the real program';
let iot;
let server;
let browser;

before(async () => {
  if (skip) return;
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'AKIATEST', AWS_SECRET_ACCESS_KEY: 'secret' });
  iot = await new IotData().start();
  server = await startReal({ settings: ['--iot-endpoint-url', iot.url, '--aws-region', 'us-west-2'] });
  browser = await launchBrowser();
  await report({ setpoint_c: 2, fan: { level: 1, mode: 'auto' } });
});
after(async () => {
  await browser?.close();
  await server?.stop();
  await iot?.stop();
});

/** The vehicle reports; the rule sends the whole shadow. */
async function report(reported) {
  const seconds = Math.floor(Date.now() / 1000);
  iot.report(NAME, { location: { lat: 45.52, lon: -122.66 }, speed: '12', ...reported });
  const shadow = iot.shadow(NAME);
  const stamp = { timestamp: seconds };
  const event = {
    thingnm: NAME,
    current: { state: { reported: shadow.reported, desired: shadow.desired }, version: shadow.version,
      metadata: { reported: { location: { lat: stamp, lon: stamp }, setpoint_c: stamp, fan: { level: stamp } } } },
    timestamp: seconds,
  };
  const answer = await fetch(`${server.url}ingest/iot`, { method: 'POST', body: JSON.stringify(event),
    headers: { 'content-type': 'application/json', 'x-ingest-key': INGEST_KEY } });
  assert.equal(answer.status, 200, await answer.text());
}

/** Opened without the vehicle first: on a phone its panel covers the list that tells that the page lives. */
async function open(options) {
  const opened = await openLivePage(browser, server.url, options);
  await opened.page.goto(`${server.url}?selected#vehicle=${encodeURIComponent(NAME)}`);
  return opened;
}

const row = (page, path) => page.locator('#shadow-rows tr').filter({ has: page.getByRole('rowheader', { name: path, exact: true }) });

test('asked, sent and confirmed, all in the panel', { timeout: 180000, skip }, async () => {
  const { page, context, complaints } = await open();
  await row(page, 'setpoint_c').waitFor(LONG);
  assert.match(await row(page, 'setpoint_c').innerText(), /2\s+\d+ s ago/);
  assert.match(await page.locator('#shadow-summary').innerText(), /^Version \d+, changed/);
  await page.getByText('Send to the vehicle').click();
  await page.locator('#ask-members').fill('{"setpoint_c": 4, "fan": {"level": 3}, "note": "<b>x</b>"}');
  await page.locator('#ask-who').fill('Ada');
  await page.locator('#ask-send').click();
  await page.getByText(/^Taken as change \d+\.$/).waitFor(LONG);
  assert.equal(await page.locator('#ask-members').inputValue(), '');
  await page.locator('#ledger li[data-state=sent]').waitFor(LONG);
  assert.match(await page.locator('#ledger li').first().innerText(), /Sent as version \d+.*"note":"<b>x<\/b>".*Ada/s);
  await page.locator('#shadow-rows tr.differs').first().waitFor(LONG);
  assert.match(await row(page, 'fan.level').innerText(), /1\s+\d+ s ago\s+3\s+not reported so/);
  await report({ setpoint_c: 4, fan: { level: 3 }, note: '<b>x</b>' });
  await page.locator('#ledger li[data-state=confirmed]').waitFor(LONG);
  await page.waitForFunction(() => document.querySelectorAll('#shadow-rows tr.differs').length === 0, null, LONG);
  await assertNoComplaints(page, complaints);
  await context.close();
});

test('what is typed is judged at once, and the form works by the keyboard alone', { timeout: 120000, skip }, async () => {
  const { page, context, complaints } = await open();
  await row(page, 'setpoint_c').waitFor(LONG);
  await page.locator('#ask summary').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  const problem = page.locator('#ask-problem');
  const members = page.locator('#ask-members');
  for (const [typed, words] of [
    ['{"a"', /not JSON yet/], ['[1]', /Expected an object/], ['{}', /at least one member/], ['{"a":{}}', /^a: an empty object/],
    ['{"a":[1,null]}', /^a\[1\]: an array/], ['{"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}', /nested too deep/],
    [`{"a":"${'x'.repeat(8200)}"}`, /Too large/],
  ]) {
    await members.fill(typed);
    assert.match(await problem.innerText(), words);
    assert.equal(await members.getAttribute('aria-invalid'), 'true');
  }
  await members.fill('{"a":');
  await members.press('Tab');
  await page.locator('#ask-send').press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'ask-members', 'the field at fault has the focus');
  await members.fill('{"jkfa": 1}');
  assert.equal(await problem.innerText(), '');
  await members.press('Escape');
  assert.equal(await page.locator('#panel').isVisible(), true, 'Escape leaves the form, not the vehicle');
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'SUMMARY');
  await assertNoComplaints(page, complaints);
  await context.close();
});

test('a refusal is told with the words of AWS', { timeout: 120000, skip }, async () => {
  const { page, context } = await open();
  await row(page, 'setpoint_c').waitFor(LONG);
  iot.plan(NAME, 404);
  await page.getByText('Send to the vehicle').click();
  await page.locator('#ask-members').fill('{"lamp": "on"}');
  await page.locator('#ask-send').click();
  await page.locator('#ledger li[data-state=refused]').waitFor(LONG);
  assert.match(await page.locator('#ledger li').first().innerText(), /Refused\s+.*No shadow exists/);
  await context.close();
});

for (const [look, options] of Object.entries({
  light: { colorScheme: 'light' }, dark: { colorScheme: 'dark' },
  'phone, dark': { isMobile: true, hasTouch: true, viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
  '320 px': { isMobile: true, hasTouch: true, viewport: { width: 320, height: 640 }, colorScheme: 'light' },
})) {
  test(`axe finds nothing in the shadow and its form: ${look}`, { timeout: 120000, skip }, async () => {
    const asked = await fetch(`${server.url}v1/vehicles/${NAME}/desired`, { method: 'PUT', headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ desired: { door: 'shut', alarm: { level: 2 } }, requested_by: 'Grace' }) });
    assert.equal(asked.status, 202);
    const { page, context } = await open(options);
    await row(page, 'setpoint_c').waitFor(LONG);
    await page.locator('#ledger li[data-state=sent]').waitFor(LONG);
    await page.locator('#shadow-rows tr.differs').first().waitFor(LONG);
    await page.getByText('Send to the vehicle').click();
    await page.locator('#ask-members').fill('{"a":{}}');
    await page.evaluate(readFileSync(axePath, 'utf8'));
    const found = await page.evaluate(async () => {
      const result = await /** @type {any} */ (window).axe.run(document, { resultTypes: ['violations'] });
      return result.violations.flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${node.target.join(' ')} ${node.failureSummary}`));
    });
    assert.deepEqual(found, []);
    const overflow = await page.evaluate(() => [document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight]);
    assert.ok(overflow.every((pixels) => pixels <= 0), `the panel scrolls, not the page: ${overflow}`);
    if (process.env.CRUMBTRAIL_SCREENSHOTS) {
      for (const part of ['shadow-heading', 'ask-form']) {
        await page.locator(`#${part}`).evaluate((element) => element.scrollIntoView({ block: 'start' }));
        await page.screenshot({ path: `${process.env.CRUMBTRAIL_SCREENSHOTS}/${part}-${look.replace(/\W+/g, '-')}.png` });
      }
    }
    await context.close();
  });
}
