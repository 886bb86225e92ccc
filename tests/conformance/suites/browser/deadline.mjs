// Waits with a deadline.

import { setTimeout as pause } from 'node:timers/promises';

// Milliseconds. Far longer than any step takes, so only failures reach it.
export const DEADLINE = 20_000;

// Calls `look` until it returns a true value, and returns it.
export async function eventually(what, look) {
  const end = Date.now() + DEADLINE;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not within ${DEADLINE} ms: ${what}`);
    await pause(20);
  }
}
