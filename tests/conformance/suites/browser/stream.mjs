// OFREP's change stream, if the bulk response advertises one.

import assert from 'node:assert/strict';
import { claim } from './claim.mjs';
import { eventually } from './deadline.mjs';

const isStream = ({ answered }) => answered['content-type']?.startsWith('text/event-stream');

// The address of the advertised stream, built as OFREP specifies.
export function advertised({ eventStreams = [] }, base) {
  const { url, endpoint } = eventStreams.find(({ type }) => type === 'sse') ?? {};
  return url ?? (endpoint && (endpoint.origin ?? new URL(base).origin) + endpoint.requestUri);
}

export async function providerConnects(tab, open) {
  await claim(tab, 'connects to the advertised stream and is ready', async () => {
    await open();
    assert.equal(await tab.call('status'), 'READY');
    const { method, status } = await tab.exchange('a stream', isStream);
    assert.deepEqual([method, status], ['GET', 200]);
  });
}

async function opened(tab, times) {
  await eventually(`the stream was opened ${times} times`, async () => (await tab.call('stream')).opened >= times);
}

export async function pageConnects(tab, address) {
  await claim(tab, 'EventSource opens the advertised stream', async () => {
    await tab.call('subscribe', address);
    await opened(tab, 1);
  });
}

// The first message from an index on.
function message(tab, from) {
  return eventually('a message', async () => (await tab.call('stream')).messages[from]);
}

export async function pageIsTold(tab, from) {
  await claim(tab, 'EventSource gets refetchEvaluation with an id and a tag of the configuration', async () => {
    const { data, lastEventId } = await message(tab, from);
    const { type, etag } = JSON.parse(data);
    assert.equal(type, 'refetchEvaluation');
    assert.match(etag, /./);
    assert.match(lastEventId, /./);
  });
}

export async function pageReconnects(tab) {
  await claim(tab, 'EventSource reconnects by itself and says which event it had last', async () => {
    await opened(tab, 2);
    const { messages } = await tab.call('stream');
    const { asked } = await tab.exchange('a reconnection', (each) => isStream(each) && each.asked['last-event-id']);
    assert.ok(messages.some(({ lastEventId }) => lastEventId === asked['last-event-id']));
  });
}
