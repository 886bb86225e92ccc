// A page in a separate browser context, and its exchanges with fanion.

import { build } from 'esbuild';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { eventually } from './deadline.mjs';

// Serves the page from another origin than fanion's, as for a real application.
export async function servePage(entry) {
  const bundle = await build({ entryPoints: [entry], bundle: true, write: false, format: 'esm', logLevel: 'error' });
  const script = bundle.outputFiles[0].text;
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>');
  });
  await once(server.listen(0, 'localhost'), 'listening');
  return server;
}

export class Tab {
  // Exchanges with fanion: method, path, query, status and headers of request and response.
  exchanges = [];
  complaints = [];

  constructor(name) {
    this.name = name;
  }

  static async open(name, browser, page) {
    const tab = new Tab(name);
    // A context per tab, so that tabs share no cookies, storage, cache or connections.
    const context = await browser.newContext();
    tab.page = await context.newPage();
    tab.page.on('pageerror', (error) => tab.complaints.push(String(error)));
    tab.page.on('console', (message) => tab.listen(message.text()));
    tab.page.on('response', (response) => tab.record(response, page));
    await tab.page.goto(page);
    await tab.page.waitForFunction('window.checks');
    return tab;
  }

  // Records only CORS errors and blocked requests: refused connections are part of the checks.
  listen(text) {
    if (/CORS|blocked/.test(text)) this.complaints.push(text);
  }

  async record(response, page) {
    const request = response.request();
    if (response.url().startsWith(page)) return;
    const { pathname, searchParams } = new URL(response.url());
    const asked = await request.allHeaders();
    const answered = await response.allHeaders();
    const query = Object.fromEntries(searchParams);
    this.exchanges.push({ method: request.method(), path: pathname, query, status: response.status(), asked, answered });
  }

  // Calls a function of the page.
  call(name, ...values) {
    return this.page.evaluate(([name, values]) => window.checks[name](...values), [name, values]);
  }

  // Stores the number of events and exchanges, so that later checks see only new ones.
  async mark() {
    this.marked = { events: (await this.call('events')).length, exchanges: this.exchanges.length };
  }

  // The first exchange from an index on for which `fits` returns true.
  exchange(what, fits, from = 0) {
    return eventually(what, () => this.exchanges.slice(from).find(fits));
  }

  // The first provider event from an index on for which `fits` returns true.
  event(what, fits, from = 0) {
    return eventually(what, async () => (await this.call('events')).slice(from).find(fits));
  }
}
