// Starts Chromium for the tests and the bench, and gathers everything a page complains about.
import { chromium } from 'playwright-core';

const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export function launchBrowser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGS });
}

/** A page that remembers console errors, exceptions and CSP violations in `complaints`.
 * @param {import('playwright-core').Browser} browser @param {import('playwright-core').BrowserContextOptions} [options] */
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', locale: 'en-GB', ...options });
  const page = await context.newPage();
  /** @type {string[]} */
  const complaints = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(`console: ${message.text()} ${message.location().url}`));
  page.on('pageerror', (error) => complaints.push(`exception: ${error.stack ?? error.message}`));
  await page.addInitScript(() => {
    /** @type {any} */ (window).cspViolations = [];
    document.addEventListener('securitypolicyviolation', (event) => /** @type {any} */ (window).cspViolations.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
  return { page, context, complaints };
}
