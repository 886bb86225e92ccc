// The code in the browser: the official web providers, and functions that the checks call.

import { FlagdWebProvider } from '@openfeature/flagd-web-provider';
import { OFREPWebProvider } from '@openfeature/ofrep-web-provider';
import { OpenFeature, ProviderEvents } from '@openfeature/web-sdk';
import * as rpc from './rpc.mjs';

const client = OpenFeature.getClient();
const events = [];
const stream = { opened: 0, messages: [] };

function watch(event) {
  client.addHandler(event, ({ flagsChanged } = {}) => events.push({ event, flagsChanged }));
}

async function open(provider, context) {
  await OpenFeature.setContext(context);
  Object.values(ProviderEvents).forEach(watch);
  await OpenFeature.setProviderAndWait(provider);
}

window.checks = {
  openFlagd: (options, context) => open(new FlagdWebProvider(options), context),
  openOfrep: (options, context) => open(new OFREPWebProvider(options), context),
  async close() {
    await OpenFeature.close();
    OpenFeature.clearProviders();
  },
  setContext: (context) => OpenFeature.setContext(context),
  details: (type, key, mine) => client[`get${type}Details`](key, mine),
  status: () => client.providerStatus,
  events: () => events,

  // The browser's EventSource.
  subscribe(address) {
    const source = new EventSource(address);
    source.onopen = () => (stream.opened += 1);
    source.onmessage = ({ data, lastEventId }) => stream.messages.push({ data, lastEventId });
  },
  stream: () => stream,

  // A bulk evaluation with `fetch`: the part of the response that the page can read.
  async bulk(address, headers) {
    const body = JSON.stringify({ context: { targetingKey: 'user-1' } });
    const answer = await fetch(address, { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body });
    const text = await answer.text();
    return { status: answer.status, etag: answer.headers.get('etag'), body: text && JSON.parse(text) };
  },

  openRpc: rpc.open,
  resolve: rpc.resolve,
  rpcEvents: rpc.events,
};
