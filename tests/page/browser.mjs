// A browser in one theme: the real Chromium over its own protocol, the real Firefox over WebDriver BiDi.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import puppeteer from 'puppeteer-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export async function launch(browser, executablePath, dark) {
  // Firefox takes the theme from its configuration, and knows dark as 0 and light as 1.
  const extraPrefsFirefox = { 'layout.css.prefers-color-scheme.content-override': dark ? 0 : 1 };
  const args = browser === 'chrome' ? ['--no-sandbox', '--disable-dev-shm-usage', '--force-color-profile=srgb'] : [];
  return puppeteer.launch({ browser, executablePath, headless: true, args, extraPrefsFirefox });
}

// Opens a tab. `script` is true, false (a browser without scripts, which Firefox cannot do for a tab), or "blocked" (the file
// is not loaded).
export async function open(browser, { dark, script = true, width = 1280 }) {
  const page = await browser.newPage();
  await page.setViewport({ width, height: 900 });
  if (!isFirefox(browser)) {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }]);
    await page.setJavaScriptEnabled(script !== false);
  }
  if (script === 'blocked' || (script === false && isFirefox(browser))) {
    await page.setRequestInterception(true);
    page.on('request', (request) => (request.url().endsWith('.js') ? request.abort() : request.continue()));
  }
  return page;
}

export function isFirefox(browser) {
  return browser.process().spawnfile.includes('firefox');
}

// The violations of WCAG and of good practice that axe finds.
export async function violations(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(async () => {
    const result = await window.axe.run(document, { resultTypes: ['violations'] });
    return result.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`);
  });
  return found;
}

// Presses Tab until an element has the focus.
export async function tabTo(page, selector, most = 80) {
  const passed = [];
  for (let count = 1; count <= most; count += 1) {
    await page.keyboard.press('Tab');
    if (await isFocused(page, selector)) return count;
    passed.push(await page.evaluate(() => document.activeElement.outerHTML.slice(0, 60)));
  }
  throw new Error(`${page.url()}: Tab does not reach ${selector}, but ${passed.join(' ')}`);
}

async function isFocused(page, selector) {
  return page.evaluate((wanted) => document.activeElement.matches(wanted), selector);
}

// Waits until a question about the page is answered with yes. It works in a page without scripts, too.
export async function until(ask, most = 20_000) {
  const end = Date.now() + most;
  while (!(await ask())) if (Date.now() > end) return false;
  return true;
}

// Waits until an element has the focus by itself.
export async function hasFocus(page, selector) {
  return until(() => isFocused(page, selector));
}

// Presses Enter, and waits for the page that it leads to.
export async function enter(page) {
  await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), page.keyboard.press('Enter')]);
}

export async function text(page, selector) {
  return page.$eval(selector, (element) => element.textContent);
}
