// Evaluations of a web provider, for all protocols.

import assert from 'node:assert/strict';
import { claim } from './claim.mjs';
import { eventually } from './deadline.mjs';

const SET_METADATA = { flagSetId: 'provider-checks', tier: 2 };
const OWN_METADATA = { ...SET_METADATA, owner: 'payments', tier: 3, weight: 0.5, reviewed: true };

// Type, flag, the caller's default, value, variant.
const TYPES = [
  ['Boolean', 'type.boolean', false, true, 'on'],
  ['String', 'type.string', 'mine', 'Welcome back', 'warm'],
  ['Number', 'type.integer', -1, 50, 'large'],
  ['Number', 'type.float', -1, 1.75, 'strong'],
  ['Object', 'type.object', {}, { colour: 'blue', sizes: [1, 2.5], nested: { deep: true, nothing: null } }, 'full'],
];

// The variants that flagd's hash selects. The checks of other providers have the same table.
const SPLIT = {
  'user-0': 'green',
  'user-1': 'blue',
  'user-2': 'red',
  'user-3': 'red',
  'user-5': 'green',
  'user-7': 'blue',
};

// The initial context of each tab.
export const SOMEBODY = { targetingKey: 'user-1', ring: 'beta' };

// Type, key and the caller's default of a flag that many checks use.
const THEME = ['String', 'targeted.ring', 'mine'];
const BANNER = ['String', 'live.banner', 'mine'];

async function answers(tab, asked, ...want) {
  const { value, variant, reason, errorCode } = await tab.call('details', ...asked);
  assert.deepEqual([value, variant, reason, errorCode], [...want, undefined]);
}

async function fails(tab, asked, code) {
  const { value, variant, reason, errorCode } = await tab.call('details', ...asked);
  assert.deepEqual([value, variant, reason, errorCode], [asked[2], undefined, 'ERROR', code]);
}

async function has(tab, key, metadata) {
  assert.deepEqual((await tab.call('details', 'String', key, 'mine')).flagMetadata, metadata);
}

// Asserts value and variant of the flag that the checks change.
export const shows = (tab, value, variant) => answers(tab, BANNER, value, variant, 'STATIC');

// Waits until the flag that the checks change has this value.
export function follows(tab, value) {
  return eventually(`the banner says ${value}`, async () => (await tab.call('details', ...BANNER)).value === value);
}

async function anotherRing(tab) {
  const { length } = await tab.call('events');
  await tab.call('setContext', { ...SOMEBODY, ring: 'all' });
  await answers(tab, THEME, 'old theme', 'classic', 'DEFAULT');
  await tab.event('the context has changed', ({ event }) => event === 'PROVIDER_CONTEXT_CHANGED', length);
}

async function manyUsers(tab) {
  for (const [targetingKey, want] of Object.entries(SPLIT)) {
    await tab.call('setContext', { ...SOMEBODY, targetingKey });
    const { variant, reason } = await tab.call('details', 'String', 'targeted.fractional', 'mine');
    assert.deepEqual([targetingKey, variant, reason], [targetingKey, want, 'TARGETING_MATCH']);
  }
  await tab.call('setContext', SOMEBODY);
}

export async function everyProvider(tab) {
  for (const [type, key, mine, ...want] of TYPES) {
    await claim(tab, `${key} answers value, variant and STATIC`, () => answers(tab, [type, key, mine], ...want, 'STATIC'));
  }
  await claim(tab, 'a ring that a rule names answers TARGETING_MATCH', () =>
    answers(tab, THEME, 'new theme', 'modern', 'TARGETING_MATCH'));
  await claim(tab, 'setContext asks anew: another ring answers the default variant', anotherRing);
  await claim(tab, 'a fractional rule puts known users where flagd puts them', manyUsers);
  await claim(tab, "a missing flag answers FLAG_NOT_FOUND and the caller's default", () =>
    fails(tab, ['String', 'no.such.flag', 'mine'], 'FLAG_NOT_FOUND'));
  await claim(tab, "a flag of another type answers TYPE_MISMATCH and the caller's default", () =>
    fails(tab, ['Boolean', 'targeted.ring', true], 'TYPE_MISMATCH'));
}

// Checks for OFREP only: flagd's web provider drops metadata, and flags without a value.
export async function ofrepProvider(tab) {
  await claim(tab, "a flag without a default variant answers the caller's default and DEFAULT", () =>
    answers(tab, ['String', 'default.none', 'mine'], 'mine', undefined, 'DEFAULT'));
  await claim(tab, "a disabled flag answers the caller's default and DISABLED", () =>
    answers(tab, ['Boolean', 'disabled.flag', true], true, undefined, 'DISABLED'));
  await claim(tab, "broken targeting answers PARSE_ERROR and the caller's default", () =>
    fails(tab, ['String', 'broken.targeting', 'mine'], 'PARSE_ERROR'));
  await claim(tab, "the SDK sees the flag's metadata over the flag set's", () => has(tab, 'described.flag', OWN_METADATA));
  await claim(tab, 'the SDK sees the metadata of the flag set on a flag without its own', () => has(tab, 'type.string', SET_METADATA));
  await claim(tab, 'the SDK sees the selector on a missing flag', () => has(tab, 'no.such.flag', { flagSetId: 'provider-checks' }));
}
