// Checks the first page in one browser: check.mjs SETTINGS, a JSON object that check.py writes.
import { mkdirSync } from 'node:fs';
import { enter, hasFocus, launch, open, tabTo, text, until, violations } from './browser.mjs';

const settings = JSON.parse(process.argv[2]);
const { base, token, browser: kind, program, replica, key, shots } = settings;
const flag = `${base}/environments/default/flags/${encodeURIComponent(key)}`;
const list = `${base}/environments/default`;
const PAGES = { list, flag, kill: `${flag}/kill`, preview: `${flag}/set?rollout=0&percentage=40`, log: `${list}/log`, replicas: `${list}/replicas`, tokens: `${list}/tokens`, form: `${base}/sign-in`, webhooks: `${list}/webhooks` };
const MOST_RECEIPT_MS = 500;
let failed = 0;

function expect(holds, fact) {
  console.log(`${holds ? '  ' : 'NOT AS EXPECTED: '}${fact}`);
  failed += holds ? 0 : 1;
}

async function api(method, path, body) {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${base}/fanion/v1/environments/default${path}`, { method, headers, body });
  return response.json();
}

async function signIn(page, secret = token) {
  await page.goto(list, { waitUntil: 'load' });
  await page.type('#token', secret);
  await enter(page);
}

// Signing in, and what the browser keeps of it.
async function sessions(browser) {
  const page = await open(browser, { dark: false });
  await signIn(page, 'fan_wrong-wrong-wrong-wrong');
  expect((await text(page, '[role=alert]')).includes('not valid'), 'a wrong token is refused with a sentence');
  await page.type('#token', token);
  await enter(page);
  expect(page.url() === list, `signing in leads back to the page that was asked for (${page.url()})`);
  const seen = await page.evaluate(() => document.cookie);
  expect(seen === '', 'no script can read the cookie');
  await page.close();
}

// Follows the link that shows newer receipts, if there still is one.
async function again(page) {
  await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), page.click('a.again')]);
}

// A kill by keyboard alone: from the list it takes the link, the reason, and Enter.
async function killByKeyboard(browser, script) {
  const page = await open(browser, { dark: false, script });
  await page.goto(list, { waitUntil: 'load' });
  await tabTo(page, '#q');
  await page.keyboard.type(key);
  await enter(page);
  await tabTo(page, `a[aria-label="Kill ${key}"]`);
  await enter(page);
  expect(await hasFocus(page, '#reason'), 'the field of the reason has the focus');
  await page.keyboard.type('wrong totals in the basket');
  await enter(page);
  const state = (await api('GET', `/flags/${encodeURIComponent(key)}`)).state;
  expect(state.killed?.reason === 'wrong totals in the basket', 'killed by keyboard in 3 actions from the list: link, reason, Enter');
  const isComplete = async () => (await text(page, '[data-receipts]')).includes('Yes: 1 of 1');
  // Without a script, a person follows the link.
  const look = async () => (await isComplete()) || (script ? false : again(page).then(isComplete));
  expect(await until(look), 'the page that follows says that every replica has it');
  await tabTo(page, 'a[href$="/restore"]');
  await enter(page);
  await hasFocus(page, '#reason');
  await page.keyboard.type('fixed');
  await enter(page);
  const restored = (await api('GET', `/flags/${encodeURIComponent(key)}`)).state;
  expect(!restored.killed, 'restored by keyboard');
  await page.close();
}

// Receipts arrive in the page that is open, soon after the control plane has them.
async function receipts(browser) {
  const page = await open(browser, { dark: false });
  process.kill(replica, 'SIGSTOP');
  try {
    await page.goto(`${flag}/kill`, { waitUntil: 'load' });
    await hasFocus(page, '#reason');
    await page.keyboard.type('receipts');
    await enter(page);
    expect((await text(page, '[data-receipts]')).includes('Not yet: 0 of 1'), 'while a replica hangs, the page names it');
  } finally {
    process.kill(replica, 'SIGCONT');
  }
  const shown = page.waitForFunction(() => document.querySelector('[data-receipts]').textContent.includes('Yes: 1 of 1'), { polling: 20, timeout: 20000 }).then(() => Date.now());
  const arrived = api('GET', '/progress?waitMillis=20000').then(() => Date.now());
  const late = (await shown) - (await arrived);
  expect(late <= MOST_RECEIPT_MS, `the receipt is shown ${late} ms after it arrived`);
  await api('POST', `/flags/${encodeURIComponent(key)}/restore`, '{}');
  await page.close();
}

// Texts of a flag stay texts.
async function markup(browser) {
  const page = await open(browser, { dark: false });
  const foreign = [];
  // Firefox has a font of its own in a `data:` URL, for which it asks nobody.
  page.on('request', (request) => request.url().startsWith(base) || request.url().startsWith('data:') || foreign.push(request.url()));
  await page.goto(flag, { waitUntil: 'load' });
  const description = await text(page, '.description');
  expect(description.length === settings.description, `a description of ${description.length} characters with markup is shown as text`);
  const made = await page.evaluate(() => document.querySelectorAll('main script, main img, main iframe').length + (window.planted ? 1 : 0));
  expect(made === 0, 'its markup made no element, and no script ran');
  expect(foreign.length === 0, `no request to another site ${foreign}`);
  const answers = await text(page, 'main');
  for (const fact of ['team-checkout', 'Everybody in these rings gets “on”: internal', '5 % of all other users get “on”', 'the flag files', 'Kill…']) {
    expect(answers.includes(fact), `the page of the flag says: ${fact}`);
  }
  await page.goto(PAGES.preview, { waitUntil: 'load' });
  expect(/% of users.*from off to on, for example/.test(await text(page, 'main')), 'the preview says who flips next, with examples');
  await page.close();
}

// Every page in one theme: accessible, readable at 200 %.
async function accessible(browser, dark, script) {
  const page = await open(browser, { dark, script, width: 640 });
  for (const [name, url] of Object.entries(PAGES)) {
    await page.goto(url, { waitUntil: 'load' });
    const found = await violations(page);
    expect(found.length === 0, `${name}, ${dark ? 'dark' : 'light'}, ${script === true ? 'with' : 'without'} script: ${found.length} violations ${found.join('; ')}`);
    const beyond = await page.evaluate(() => document.scrollingElement.scrollWidth - window.innerWidth);
    expect(beyond <= 0, `${name} fits at 200 % zoom (${beyond} pixels beyond)`);
  }
  await page.close();
}

async function screenshots(browser, dark) {
  mkdirSync(shots, { recursive: true });
  const page = await open(browser, { dark, width: 1000 });
  const theme = dark ? 'dark' : 'light';
  const top = { x: 0, y: 0, width: 1000, height: 520 };
  await page.goto(`${list}?q=checkout`, { waitUntil: 'load' });
  if (!dark) await page.screenshot({ path: `${shots}/flags.png`, clip: top });
  await page.goto(settings.shown, { waitUntil: 'load' });
  // The directory of this run is of no interest to readers.
  await page.$$eval('dd', (all, folder) => all.forEach((dd) => dd.textContent.includes(folder) && (dd.textContent = dd.textContent.replace(folder, 'flags'))), settings.folder);
  await page.screenshot({ path: `${shots}/flag-${theme}.png` });
  await page.goto(`${settings.shown}/kill`, { waitUntil: 'load' });
  if (!dark) await page.screenshot({ path: `${shots}/kill.png`, clip: top });
  await page.close();
}

for (const dark of [false, true]) {
  const browser = await launch(kind, program, dark);
  try {
    if (!dark) {
      await sessions(browser);
      for (const script of [true, false]) await killByKeyboard(browser, script);
      await receipts(browser);
      await markup(browser);
    } else {
      const page = await open(browser, { dark });
      await signIn(page);
      await page.close();
    }
    for (const script of settings.quick ? [true] : [true, 'blocked']) await accessible(browser, dark, script);
    if (shots) await screenshots(browser, dark);
  } finally {
    await browser.close();
  }
}
process.exit(failed ? 1 : 0);
