// The report: a JSON line per claim to the file that CONFORMANCE_RESULTS names, and one to read.

import { appendFileSync } from 'node:fs';

function report(who, words, why) {
  // Assertions explain themselves in several lines; a claim has one.
  const reason = why && String(why).replace(/\s+/g, ' ');
  console.error(reason ? `failed: ${who}: ${words} (${reason})` : `passed: ${who}: ${words}`);
  // A tab's name says which client is in it.
  const whose = who === 'daemon' ? { subject: who, mode: '' } : { subject: 'web', mode: who };
  const line = { ...whose, case: words, outcome: reason ? 'failed' : 'passed', ...(reason && { reason }) };
  if (process.env.CONFORMANCE_RESULTS) appendFileSync(process.env.CONFORMANCE_RESULTS, `${JSON.stringify(line)}\n`);
}

// Checks a claim about a tab or the daemon, which the check is given.
export async function claim(subject, words, check) {
  try {
    await check(subject);
    report(subject.name, words);
  } catch (why) {
    report(subject.name, words, why);
    claim.failed = true;
  }
}
