// The official Node provider against a running fanion: check.mjs EVALUATION_PORT FLAG_FILE
//
// Prints a line per check, as tests/providers/language says, and exits 1 if one failed.

import assert from 'node:assert/strict';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { FlagdProvider } from '@openfeature/flagd-provider';
import { ErrorCode, OpenFeature, ProviderEvents, StandardResolutionReasons } from '@openfeature/server-sdk';

const { STATIC, TARGETING_MATCH, DEFAULT, DISABLED, CACHED, ERROR } = StandardResolutionReasons;

// Milliseconds. Far above what anything here takes: only something broken gets there.
const DEADLINE = 10_000;

const SET_METADATA = { flagSetId: 'provider-checks', tier: 2 };

// The variants that flagd's hash gives; the Python check has the same table.
const SPLIT = {
  'user-0': 'green',
  'user-1': 'blue',
  'user-2': 'red',
  'user-3': 'red',
  'user-5': 'green',
  'user-7': 'blue',
};

const [port, flagFile] = process.argv.slice(2);
const client = OpenFeature.getClient();
const troubles = [];
const checks = [];

// Registers a function as the check of a claim. Checks run in the order in which they are written.
function claim(words, check) {
  checks.push({ words, check });
}

// A successful evaluation.
function answers({ value, variant, reason, errorCode }, ...want) {
  assert.deepEqual([value, variant, reason, errorCode], [...want, undefined]);
}

// A failed evaluation: the caller's default value comes back.
function fails({ value, variant, reason, errorCode }, mine, code) {
  assert.deepEqual([value, variant, reason, errorCode], [mine, undefined, ERROR, code]);
}

// Renames a changed flag file over the old one, as editors and deployments do.
async function rewrite(before, after) {
  const parts = (await readFile(flagFile, 'utf8')).split(before);
  assert.equal(parts.length, 2);
  await writeFile(`${flagFile}.staged`, parts.join(after));
  await rename(`${flagFile}.staged`, flagFile);
}

// What the next change event says. Call it before the change, await it after.
function nextChange() {
  return new Promise((resolve, reject) => {
    const settle = (details) => {
      clearTimeout(timer);
      client.removeHandler(ProviderEvents.ConfigurationChanged, settle);
      resolve(details);
    };
    const timer = setTimeout(() => {
      client.removeHandler(ProviderEvents.ConfigurationChanged, settle);
      reject(new Error(`no change event in ${DEADLINE} ms`));
    }, DEADLINE);
    client.addHandler(ProviderEvents.ConfigurationChanged, settle);
  });
}

function banner() {
  return client.getStringDetails('live.banner', 'mine');
}

function themeOf(ring) {
  return client.getStringDetails('targeted.ring', 'mine', { targetingKey: 'user-1', ring });
}

claim('the provider connects and its stream says that it is ready', async () => {
  for (const event of [ProviderEvents.Stale, ProviderEvents.Error]) {
    client.addHandler(event, (details) => troubles.push(details));
  }
  // The default of half a second is short for a busy machine.
  await OpenFeature.setProviderAndWait(new FlagdProvider({ port: Number(port), deadlineMs: DEADLINE }));
  assert.equal(client.providerStatus, 'READY');
});

claim('a boolean flag answers value, variant and STATIC', async () => {
  answers(await client.getBooleanDetails('type.boolean', false), true, 'on', STATIC);
});

claim('a string flag answers value, variant and STATIC', async () => {
  answers(await client.getStringDetails('type.string', 'mine'), 'Welcome back', 'warm', STATIC);
});

claim('an integer flag answers value, variant and STATIC', async () => {
  answers(await client.getNumberDetails('type.integer', -1), 50, 'large', STATIC);
});

claim('a float flag answers value, variant and STATIC', async () => {
  answers(await client.getNumberDetails('type.float', -1), 1.75, 'strong', STATIC);
});

claim('an object flag answers value, variant and STATIC', async () => {
  const value = { colour: 'blue', sizes: [1, 2.5], nested: { deep: true, nothing: null } };
  answers(await client.getObjectDetails('type.object', { mine: true }), value, 'full', STATIC);
});

claim('a ring that a rule names answers TARGETING_MATCH', async () => {
  answers(await themeOf('beta'), 'new theme', 'modern', TARGETING_MATCH);
});

claim('a ring that no rule names answers the default variant and DEFAULT', async () => {
  answers(await themeOf('all'), 'old theme', 'classic', DEFAULT);
});

claim('a fractional rule puts known users where flagd puts them', async () => {
  for (const [targetingKey, want] of Object.entries(SPLIT)) {
    const { variant, reason } = await client.getStringDetails('targeted.fractional', 'mine', { targetingKey });
    assert.deepEqual([targetingKey, variant, reason], [targetingKey, want, TARGETING_MATCH]);
  }
});

claim("a flag without a default variant answers the caller's default and DEFAULT", async () => {
  answers(await client.getStringDetails('default.none', 'mine'), 'mine', undefined, DEFAULT);
});

claim("a disabled flag answers the caller's default, no variant and DISABLED", async () => {
  for (const mine of [true, false]) {
    answers(await client.getBooleanDetails('disabled.flag', mine), mine, undefined, DISABLED);
  }
});

claim("a disabled object flag answers the caller's default, no variant and DISABLED", async () => {
  const mine = { mine: true };
  answers(await client.getObjectDetails('disabled.object', mine), mine, undefined, DISABLED);
});

claim("a missing flag answers FLAG_NOT_FOUND and the caller's default", async () => {
  fails(await client.getStringDetails('no.such.flag', 'mine'), 'mine', ErrorCode.FLAG_NOT_FOUND);
});

// A targeted flag: the provider caches STATIC answers whatever their type, and would not ask again.
claim("a flag of another type answers TYPE_MISMATCH and the caller's default", async () => {
  const mine = { mine: true };
  fails(await client.getBooleanDetails('targeted.ring', true), true, ErrorCode.TYPE_MISMATCH);
  fails(await client.getNumberDetails('targeted.ring', 7), 7, ErrorCode.TYPE_MISMATCH);
  fails(await client.getObjectDetails('targeted.ring', mine), mine, ErrorCode.TYPE_MISMATCH);
});

claim("broken targeting answers PARSE_ERROR and the caller's default", async () => {
  fails(await client.getStringDetails('broken.targeting', 'mine'), 'mine', ErrorCode.PARSE_ERROR);
});

claim("the SDK sees the flag's metadata over the flag set's", async () => {
  const { flagMetadata } = await client.getStringDetails('described.flag', 'mine');
  const own = { owner: 'payments', tier: 3, weight: 0.5, reviewed: true };
  assert.deepEqual(flagMetadata, { ...SET_METADATA, ...own });
});

claim('the SDK sees the metadata of the flag set on a flag without its own', async () => {
  const { flagMetadata } = await themeOf('beta');
  assert.deepEqual(flagMetadata, SET_METADATA);
});

claim('a STATIC answer is cached', async () => {
  answers(await banner(), 'Soon', 'before', STATIC);
  answers(await banner(), 'Soon', 'before', CACHED);
});

claim('a changed file raises PROVIDER_CONFIGURATION_CHANGED, which names the changed flag', async () => {
  const change = nextChange();
  await rewrite('defaultVariant: before', 'defaultVariant: after');
  assert.deepEqual((await change).flagsChanged, ['live.banner']);
});

claim('after the event the cached answer is gone and the new value STATIC', async () => {
  answers(await banner(), 'Now', 'after', STATIC);
  answers(await banner(), 'Now', 'after', CACHED);
});

claim('the answers of flags that did not change stay cached', async () => {
  answers(await client.getStringDetails('type.string', 'mine'), 'Welcome back', 'warm', CACHED);
});

claim('a second change arrives on the same stream', async () => {
  const change = nextChange();
  await rewrite('defaultVariant: after', 'defaultVariant: before');
  assert.deepEqual((await change).flagsChanged, ['live.banner']);
  answers(await banner(), 'Soon', 'before', STATIC);
  assert.deepEqual(troubles, []);
});

claim('the provider shuts down: nothing is reported, defaults come back', async () => {
  await OpenFeature.close();
  OpenFeature.clearProviders();
  assert.deepEqual(troubles, []);
  assert.equal(await client.getStringValue('type.string', 'mine'), 'mine');
});

function report(words, why) {
  // Assertions explain themselves in several lines; a check has one.
  console.log(why ? `FAIL node: ${words} (${String(why).replace(/\s+/g, ' ')})` : `ok node: ${words}`);
  if (why) process.exitCode = 1;
}

async function run({ words, check }) {
  try {
    await check();
    report(words);
  } catch (why) {
    report(words, why);
  }
}

// A timer that does not keep the process alive: it fires only if something of the provider does.
function expectEnd() {
  const words = 'after the shutdown nothing is left open: the process ends by itself';
  const timer = setTimeout(() => {
    report(words, `still open: ${process.getActiveResourcesInfo()}`);
    process.exit();
  }, DEADLINE);
  timer.unref();
  process.once('beforeExit', () => {
    clearTimeout(timer);
    report(words);
  });
}

for (const each of checks) await run(each);
expectEnd();
