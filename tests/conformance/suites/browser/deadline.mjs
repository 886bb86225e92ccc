// Waiting for what takes its time, and for no longer than a deadline.

import { setTimeout as pause } from 'node:timers/promises';

// Milliseconds. Far above what anything here takes: only something broken gets there.
export const DEADLINE = 20_000;

// What `look` finds, asked again until it finds something.
export async function eventually(what, look) {
  const end = Date.now() + DEADLINE;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not within ${DEADLINE} ms: ${what}`);
    await pause(20);
  }
}
