// The official web providers in a headless browser against a running fanion:
// check.mjs PATH_TO_DAEMON FLAG_FILE PATH_TO_CHROMIUM
//
// Reports a result per check, see claim.mjs.

import assert from 'node:assert/strict';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { chromium } from 'playwright-core';
import { claim } from './claim.mjs';
import { Daemon } from './daemon.mjs';
import { eventually } from './deadline.mjs';
import { everyProvider, follows, ofrepProvider, shows, SOMEBODY } from './evaluation.mjs';
import * as stream from './stream.mjs';
import { servePage, Tab } from './tab.mjs';

const [binary, flagFile, executablePath] = process.argv.slice(2);
const BULK = '/ofrep/v1/evaluate/flags';

const daemon = new Daemon(binary, flagFile);
process.once('exit', () => daemon.kill());
const browser = await chromium.launch({ executablePath });
const page = await servePage(new URL('page.mjs', import.meta.url).pathname);
const tab = (name) => Tab.open(name, browser, `http://localhost:${page.address().port}/`);

// Renames a changed flag file over the old one, as editors and deployments do.
async function turn(before, after) {
  const parts = (await readFile(flagFile, 'utf8')).split(`defaultVariant: ${before}`);
  assert.equal(parts.length, 2);
  await writeFile(`${flagFile}.staged`, parts.join(`defaultVariant: ${after}`));
  await rename(`${flagFile}.staged`, flagFile);
}

await claim(daemon, 'starts and gets ready', () => daemon.start());
const rpcAddress = daemon.address('port');
const ofrepAddress = daemon.address('ofrep-port');
const bulk = (by, headers) => by.call('bulk', `${ofrepAddress}${BULK}`, headers);

const flagd = await tab('flagd-web');
await claim(flagd, 'connects over Connect and is ready', async () => {
  await flagd.call('openFlagd', { host: 'localhost', port: daemon.ports.port, tls: false, maxDelay: 500 }, SOMEBODY);
  assert.equal(await flagd.call('status'), 'READY');
  for (const [method, type] of [['EventStream', 'application/connect+json'], ['ResolveAll', 'application/json']]) {
    const { status, answered } = await flagd.exchange(method, ({ path }) => path === `/flagd.evaluation.v1.Service/${method}`);
    assert.deepEqual([status, answered['content-type']], [200, type]);
  }
});
await everyProvider(flagd);

// A custom header makes the browser send a CORS preflight request.
const ofrepOptions = {
  baseUrl: ofrepAddress,
  headers: [['Flagd-Selector', 'flagSetId=provider-checks']],
  cacheMode: 'disabled',
};
const polling = await tab('ofrep-web');
await claim(polling, 'connects and is ready', async () => {
  await polling.call('openOfrep', { ...ofrepOptions, changeDetection: 'polling', pollInterval: 50 }, SOMEBODY);
  assert.equal(await polling.call('status'), 'READY');
});
await everyProvider(polling);
await ofrepProvider(polling);
await claim(polling, 'a poll that finds nothing new is answered 304, and raises no event', async () => {
  const isUnchanged = ({ path, status }) => path === BULK && status === 304;
  const { asked, answered } = await polling.exchange('a 304', isUnchanged, polling.exchanges.length);
  assert.equal(asked['if-none-match'], answered.etag);
  const events = (await polling.call('events')).length;
  await polling.exchange('another 304', isUnchanged, polling.exchanges.length);
  assert.deepEqual((await polling.call('events')).slice(events), []);
});

const bare = await tab('by hand');
await claim(bare, 'a page may read the ETag of a bulk answer, and gets 304 for it', async () => {
  const { status, etag } = await bulk(bare, {});
  assert.deepEqual([status, typeof etag], [200, 'string']);
  assert.deepEqual(await bulk(bare, { 'If-None-Match': etag }), { status: 304, etag, body: '' });
});

const rpc = await tab('grpc-web');
const rpcTypes = async () => (await rpc.call('rpcEvents')).map(({ type }) => type);
await claim(rpc, 'the event stream says at once that it is ready', async () => {
  await rpc.call('openRpc', rpcAddress);
  await eventually('an event', async () => (await rpcTypes())[0] === 'provider_ready');
});
await claim(rpc, 'a page gets value, variant, reason and metadata', async () => {
  const metadata = { flagSetId: 'provider-checks', tier: 2 };
  const want = { value: 'new theme', reason: 'TARGETING_MATCH', variant: 'modern', metadata };
  assert.deepEqual(await rpc.call('resolve', 'targeted.ring', SOMEBODY), want);
});
await claim(rpc, 'a page sees the code and the text of an error', async () => {
  assert.deepEqual(await rpc.call('resolve', 'no.such.flag', SOMEBODY), { code: 'NotFound', message: 'Flag not found' });
});

// The second OFREP provider, with its default options: it follows the stream and never polls.
const streamAddress = stream.advertised((await bulk(bare, {})).body, ofrepAddress);
const streaming = streamAddress && (await tab('ofrep-web stream'));
if (streaming) {
  await stream.providerConnects(streaming, () => streaming.call('openOfrep', ofrepOptions, SOMEBODY));
  await stream.pageConnects(bare, streamAddress);
} else {
  console.error('not run: the checks of the OFREP change stream, because the bulk answer advertises no `eventStreams`');
}
const providers = [flagd, polling, ...(streaming ? [streaming] : [])];
const ofrepProviders = providers.filter((each) => each !== flagd);

const isChange = ({ event }) => event === 'PROVIDER_CONFIGURATION_CHANGED';
const isOfBanner = (each) => isChange(each) && each.flagsChanged?.join() === 'live.banner';

const { etag: tagBefore } = await bulk(bare, {});
const told = (await bare.call('stream')).messages.length;
await Promise.all(providers.map((each) => each.mark()));
await turn('before', 'after');
await claim(flagd, 'a changed file raises PROVIDER_CONFIGURATION_CHANGED, and the new value is there', async () => {
  await flagd.event('a change', isChange, flagd.marked.events);
  await shows(flagd, 'Now', 'after');
});
for (const each of ofrepProviders) {
  await claim(each, 'a changed file raises an event that names the changed flag, and the new value is there', async () => {
    await each.event('a change of the banner', isOfBanner, each.marked.events);
    await shows(each, 'Now', 'after');
  });
}
await claim(rpc, 'the event stream names the changed flag', async () => {
  const change = await eventually('a change', async () => (await rpc.call('rpcEvents'))[1]);
  assert.deepEqual(change, { type: 'configuration_change', data: { flags: { 'live.banner': { type: 'update' } } } });
});
await claim(bare, 'after a change the old ETag gets a whole answer with another one', async () => {
  const { status, etag } = await bulk(bare, { 'If-None-Match': tagBefore ?? '"none"' });
  assert.equal(status, 200);
  assert.notEqual(etag, tagBefore);
});
if (streaming) {
  await claim(streaming, 'it asked again because of the event: with the tag of the configuration', async () => {
    const { query, status } = await streaming.exchange('a bulk evaluation', ({ path }) => path === BULK, streaming.marked.exchanges);
    assert.deepEqual([typeof query.flagConfigEtag, status], ['string', 200]);
  });
  await stream.pageIsTold(bare, told);
}

await flagd.mark();
await turn('after', 'before');
await claim(flagd, 'a second change arrives on the same stream', async () => {
  await flagd.event('a change', isChange, flagd.marked.events);
  await shows(flagd, 'Soon', 'before');
  assert.equal(flagd.exchanges.filter(({ path }) => path.endsWith('/EventStream')).length, 1);
});
for (const each of ofrepProviders) await claim(each, 'a second change arrives', () => follows(each, 'Soon'));

await Promise.all(providers.map((each) => each.mark()));
await claim(daemon, 'stops with exit code 0 while every stream is open', async () => assert.equal(await daemon.stop(), 0));
await turn('before', 'after');
await claim(flagd, 'while fanion is gone its answers stay', () => shows(flagd, 'Soon', 'before'));
for (const each of ofrepProviders) {
  await claim(each, 'while fanion is gone the provider is stale, and its answers stay', async () => {
    await each.event('stale', ({ event }) => event === 'PROVIDER_STALE', each.marked.events);
    await shows(each, 'Soon', 'before');
  });
}
await claim(rpc, 'the event stream said that fanion goes, before it ended', async () => {
  await eventually('the end', async () => ['end', 'error'].includes((await rpcTypes()).at(-1)));
  assert.deepEqual((await rpcTypes()).slice(-2), ['provider_shutdown', 'error']);
  assert.equal((await rpc.call('rpcEvents')).at(-1).code, 'Unavailable');
});
await claim(daemon, 'starts again on the same ports', () => daemon.start());
for (const each of providers) await claim(each, 'reconnects by itself and has what changed meanwhile', () => follows(each, 'Now'));
if (streaming) await stream.pageReconnects(bare);
await turn('after', 'before');
for (const each of providers) await claim(each, 'changes arrive as before', () => follows(each, 'Soon'));

for (const each of providers) {
  await claim(each, "the provider shuts down: the caller's defaults come back", async () => {
    await each.call('close');
    assert.equal((await each.call('details', 'String', 'type.string', 'mine')).value, 'mine');
  });
}
for (const each of [...providers, rpc, bare]) {
  await claim(each, 'the browser withheld nothing from the page', () => assert.deepEqual(each.complaints, []));
}
await claim(daemon, 'stops by itself when it is told to, with exit code 0', async () => assert.equal(await daemon.stop(), 0));

if (claim.failed) console.error(`log of the daemon:\n${daemon.log.slice(-4000)}`);
await browser.close();
page.close();
