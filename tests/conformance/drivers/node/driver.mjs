// The official Node provider, controlled over standard input; ../README.md describes the protocol.

import { createInterface } from 'node:readline';
import { FlagdProvider } from '@openfeature/flagd-provider';
import { OpenFeature, ProviderEvents } from '@openfeature/server-sdk';

const ASK = {
  boolean: 'getBooleanDetails',
  string: 'getStringDetails',
  integer: 'getNumberDetails',
  float: 'getNumberDetails',
  object: 'getObjectDetails',
};

const client = OpenFeature.getClient();
// Output of the provider must not mix with the responses.
console.log = console.error;

function say(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function ask({ type, key, mine, context }) {
  return client[ASK[type]](key, mine, context);
}

const verbs = {
  async open() {
    for (const event of Object.values(ProviderEvents)) {
      client.addHandler(event, ({ flagsChanged } = {}) => say({ event, flagsChanged }));
    }
    await OpenFeature.setProviderAndWait(new FlagdProvider());
  },
  status: () => client.providerStatus,
  async ask(question) {
    const { value, variant, reason, errorCode, errorMessage, flagMetadata } = await ask(question);
    return { value, variant, reason, errorCode, errorMessage, metadata: flagMetadata };
  },
  async sweep({ flags, contexts }) {
    const answers = [];
    for (const context of contexts) {
      const row = [];
      for (const { type, key, mine } of flags) {
        const { variant, errorCode } = await ask({ type, key, mine, context });
        row.push(errorCode ?? variant);
      }
      answers.push(row);
    }
    return answers;
  },
  async close() {
    await OpenFeature.close();
    OpenFeature.clearProviders();
  },
};

say({ language: 'node', events: true });
for await (const line of createInterface({ input: process.stdin })) {
  const { id, verb, ...rest } = JSON.parse(line);
  try {
    say({ id, result: (await verbs[verb](rest)) ?? null });
  } catch (why) {
    say({ id, error: String(why) });
  }
}
