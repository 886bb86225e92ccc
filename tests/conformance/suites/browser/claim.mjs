// The report: a JSON line per claim in the file CONFORMANCE_RESULTS, and text on standard error.

import { appendFileSync } from 'node:fs';

function report(who, words, why) {
  // Assertion messages have several lines; a result has one.
  const reason = why && String(why).replace(/\s+/g, ' ');
  console.error(reason ? `failed: ${who}: ${words} (${reason})` : `passed: ${who}: ${words}`);
  // The name of a tab is that of its client.
  const whose = who === 'daemon' ? { subject: who, mode: '' } : { subject: 'web', mode: who };
  const line = { ...whose, case: words, outcome: reason ? 'failed' : 'passed', ...(reason && { reason }) };
  if (process.env.CONFORMANCE_RESULTS) appendFileSync(process.env.CONFORMANCE_RESULTS, `${JSON.stringify(line)}\n`);
}

// Checks a claim about a tab or the daemon, which `check` gets as argument.
export async function claim(subject, words, check) {
  try {
    await check(subject);
    report(subject.name, words);
  } catch (why) {
    report(subject.name, words, why);
    claim.failed = true;
  }
}
