// Flags, contexts and results.

import { Given, Then, When } from '@cucumber/cucumber';
import assert from 'node:assert/strict';

// The value of a flag or context attribute, from its text and type in the suite.
function value(kind, text) {
  const read = {
    Integer: Number,
    Float: Number,
    Boolean: (word) => ({ true: true, false: false })[word],
    Object: JSON.parse,
    String: (same) => same,
  }[kind];
  assert.ok(read, `unknown type ${kind}`);
  return read(text);
}

const QUESTIONS = {
  Boolean: 'getBooleanDetails',
  String: 'getStringDetails',
  Integer: 'getNumberDetails',
  Float: 'getNumberDetails',
  Object: 'getObjectDetails',
};

Given(/^a (\w+)-flag with key "([^"]*)" and a default value "([^"]*)"$/, function (kind, key, text) {
  this.flag = { kind, key, fallback: value(kind, text) };
});

Given(/^a context containing a key "([^"]*)", with type "(\w+)" and with value "(.*)"$/, function (key, kind, text) {
  this.evaluation[key] = value(kind, text);
});

const NESTED = /^a context containing a nested property with outer key "([^"]*)" and inner key "([^"]*)", with value "([^"]*)"$/;
Given(NESTED, function (outer, inner, text) {
  this.evaluation[outer] = { [inner]: text };
});

Given(/^a context containing a targeting key with value "([^"]*)"$/, function (text) {
  this.evaluation.targetingKey = text;
});

When('the flag was evaluated with details', async function () {
  const { kind, key, fallback } = this.flag;
  this.answer = await this.client[QUESTIONS[kind]](key, fallback, this.evaluation);
});

function check(world, got, wanted) {
  assert.deepEqual(got, wanted, `wanted ${JSON.stringify(wanted)}, got ${JSON.stringify(world.answer)}`);
}

Then(/^the resolved details value should be "(.*)"$/, function (text) {
  check(this, this.answer.value, value(this.flag.kind, text));
});

Then(/^the reason should be "([^"]*)"$/, function (text) {
  check(this, this.answer.reason, text);
});

Then(/^the variant should be "([^"]*)"$/, function (text) {
  check(this, this.answer.variant, text);
});

Then(/^the error-code should be "([^"]*)"$/, function (text) {
  check(this, this.answer.errorCode ?? '', text);
});

Then('the flag should be part of the event payload', function () {
  assert.ok(this.event.flagsChanged.includes(this.flag.key), JSON.stringify(this.event));
});

Then('the resolved metadata should contain', function (table) {
  for (const { key, metadata_type: kind, value: text } of table.hashes()) {
    check(this, this.answer.flagMetadata[key], value(kind, text));
  }
});

Then('the resolved metadata is empty', function () {
  check(this, this.answer.flagMetadata, {});
});
