// Options, connections and events.

import { Given, Then, When } from '@cucumber/cucumber';
import { FlagdProvider } from '@openfeature/flagd-provider';
import { OpenFeature, ProviderEvents } from '@openfeature/server-sdk';
import assert from 'node:assert/strict';
import path from 'node:path';
import { launcher } from './world.mjs';

const { LAUNCHED, MODE } = process.env;
const [NOBODY, ENVOY, REFUSING] = [9999, 9211, 9212];
const PORTS = { rpc: 8013, 'in-process': 8015 };

const EVENTS = {
  ready: ProviderEvents.Ready,
  error: ProviderEvents.Error,
  stale: ProviderEvents.Stale,
  change: ProviderEvents.ConfigurationChanged,
};

// The launcher's configuration for a kind of connection, if it is not `default`.
const CONFIGURATIONS = { ssl: 'ssl', metadata: 'metadata', syncpayload: 'sync-payload', socket: 'socket' };

// Additional options of each kind of connection.
const KINDS = {
  unavailable: () => ({ port: NOBODY }),
  forbidden: () => ({ port: REFUSING }),
  ssl: () => ({ tls: true, certPath: path.join(LAUNCHED, 'ssl/custom-root-cert.crt') }),
  socket: () => ({ socketPath: path.join(LAUNCHED, MODE === 'rpc' ? 'evaluation.sock' : 'sync.sock') }),
};

let providers = 0;

Given(/^an option "([^"]+)" of type "([^"]+)" with value "([^"]*)"$/, function (name, kind, text) {
  this.options[name] = { Integer: Number, StringList: (list) => list.split(',').map((part) => part.trim()) }[kind]?.(text) ?? text;
});

Given(/^a (stable|ssl|socket|unavailable|forbidden|metadata|syncpayload) flagd provider$/, async function (kind) {
  await launcher(`start?config=${CONFIGURATIONS[kind] ?? 'default'}`);
  const domain = `${kind} ${(providers += 1)}`;
  const provider = new FlagdProvider({ ...connection(), ...KINDS[kind]?.(), ...given(this.options) });
  if (kind === 'unavailable' || kind === 'forbidden') {
    OpenFeature.setProvider(domain, provider);
  } else {
    await OpenFeature.setProviderAndWait(domain, provider);
  }
  this.client = OpenFeature.getClient(domain);
});

// The options of the provider's own end-to-end tests.
function connection() {
  const file = path.join(LAUNCHED, 'flags/allFlags.json');
  const common = { deadlineMs: 15_000, retryGracePeriod: 2, keepAliveTime: 200, retryBackoffMs: 100, retryBackoffMaxMs: 1000 };
  return MODE === 'file'
    ? { ...common, resolverType: 'in-process', offlineFlagSourcePath: file }
    : { ...common, resolverType: MODE, port: PORTS[MODE] };
}

// The suite's options by the provider's names: a target URI becomes host, port and authority, and in file mode a
// selector becomes a file.
function given({ targetUri, selector, ...options }) {
  if (targetUri) {
    const [, authority] = /<port>\/(.*)$/.exec(targetUri);
    Object.assign(options, { host: 'localhost', port: ENVOY, defaultAuthority: authority });
  }
  if (selector && MODE === 'file') options.offlineFlagSourcePath = path.join(LAUNCHED, selector);
  else if (selector) options.selector = selector;
  return options;
}

Given(/^a (ready|error|stale|change) event handler$/, function (name) {
  this.client.addHandler(EVENTS[name], (details) => this.events.add(name, details));
});

When(/^a (ready|error|stale|change) event was fired$/, async function (name) {
  this.event = await this.events.next(name);
});

Then(/^the (ready|error|stale|change) event handler should have been executed$/, async function (name) {
  await this.events.next(name);
});

Then(/^the (ready|error|stale|change) event handler should have been executed within (\d+)ms$/, async function (name, milliseconds) {
  await this.events.next(name, Number(milliseconds));
});

When(/^the connection is lost for (\d+)s$/, async function (seconds) {
  await launcher(`restart?seconds=${seconds}`);
});

When('the flag was modified', async function () {
  await launcher('change');
});

Then('the client should be in fatal state', function () {
  assert.equal(this.client.providerStatus, 'FATAL');
});
