// The report: a line per claim, `ok WHO: CLAIM` or `FAIL WHO: CLAIM (WHY)`.

function report(who, words, why) {
  // Assertions explain themselves in several lines; a claim has one.
  console.log(why ? `FAIL ${who}: ${words} (${String(why).replace(/\s+/g, ' ')})` : `ok ${who}: ${words}`);
  if (why) process.exitCode = 1;
}

// Checks a claim about a tab or the daemon, which the check is given.
export async function claim(subject, words, check) {
  try {
    await check(subject);
    report(subject.name, words);
  } catch (why) {
    report(subject.name, words, why);
  }
}
