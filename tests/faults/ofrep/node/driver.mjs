// The official OFREP provider for Node, with the verbs `open` and `sweep` of tests/conformance/drivers.

import { createInterface } from 'node:readline';
import { OFREPProvider } from '@openfeature/ofrep-provider';
import { OpenFeature } from '@openfeature/server-sdk';

const client = OpenFeature.getClient();
// Output of the provider must not mix with the responses.
console.log = console.error;

// The provider's error does not say why a request failed.
let cause = '';

async function fetchImplementation(...request) {
  try {
    return await fetch(...request);
  } catch (why) {
    cause = String(why.cause?.code ?? why.cause ?? why);
    throw why;
  }
}

function say(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

const verbs = {
  open: () => OpenFeature.setProviderAndWait(new OFREPProvider({ baseUrl: process.env.OFREP_URL, fetchImplementation })),
  async sweep({ flags, contexts }) {
    const answers = [];
    for (const context of contexts) {
      const row = [];
      for (const { key, mine } of flags) {
        const { variant, errorCode, errorMessage } = await client.getStringDetails(key, mine, context);
        row.push(errorCode ? `${errorCode}: ${errorMessage} ${cause}` : variant);
      }
      answers.push(row);
    }
    return answers;
  },
};

say({ language: 'node', events: false });
for await (const line of createInterface({ input: process.stdin })) {
  const { id, verb, ...rest } = JSON.parse(line);
  try {
    say({ id, result: (await verbs[verb](rest)) ?? null });
  } catch (why) {
    say({ id, error: String(why) });
  }
}
