// The state of one scenario.

import { After, setDefaultTimeout, setWorldConstructor } from '@cucumber/cucumber';
import { OpenFeature } from '@openfeature/server-sdk';

// Milliseconds. Longer than any outage of a connection and the reconnection after it.
export const PATIENCE = 20_000;
setDefaultTimeout(PATIENCE + 5_000);

class World {
  options = {};
  evaluation = {};
  events = new Events();
}

// Events of a provider, in order of arrival.
class Events {
  seen = [];
  waiting = () => {};

  add(name, details) {
    this.seen.push({ name, details });
    this.waiting();
  }

  // Waits for an event. Discards earlier events and keeps later ones.
  async next(name, patience = PATIENCE) {
    const found = () => this.seen.findIndex((each) => each.name === name);
    await new Promise((resolve, reject) => {
      const story = () => `no ${name} event in ${patience} ms, but ${this.seen.map((each) => each.name)}`;
      const timer = setTimeout(() => reject(new Error(story())), patience);
      this.waiting = () => {
        if (found() >= 0) {
          clearTimeout(timer);
          resolve();
        }
      };
      this.waiting();
    });
    const at = found();
    const { details } = this.seen[at];
    this.seen.splice(0, at + 1);
    return details;
  }
}

setWorldConstructor(World);

After(async function () {
  await OpenFeature.clearProviders();
});

// Calls the launcher: start?config=NAME, restart?seconds=N or change.
export async function launcher(what) {
  const answer = await fetch(`http://localhost:8080/${what}`, { method: 'POST' });
  if (!answer.ok) throw new Error(`the launcher returns ${answer.status} for ${what}`);
}
