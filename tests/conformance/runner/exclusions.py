"""Known failures: applies exclusions.yaml to results."""

import re

import yaml

FIELDS = {"suite", "subject", "mode", "case", "tags", "daemon", "chance", "race", "whose", "reason"}
REQUIRED = {"suite", "subject", "whose", "reason"}
WHOSE = {"theirs", "ours", "flagd"}


class Exclusion:
    def __init__(self, number, entry):
        self.number = number
        self.entry = entry
        self.whose = entry["whose"]
        self.reason = entry["reason"]
        self.tags = set(entry.get("tags", []))
        self.used = 0

    def matches(self, result):
        patterns = ((self.entry.get(name, "*"), result[name]) for name in ("suite", "subject", "mode", "case"))
        return all(matches(pattern, name) for pattern, name in patterns) and self.tags <= set(result.get("tags", []))

    def __str__(self):
        return f"exclusion {self.number} ({self.reason})"


def matches(pattern, name):
    """Returns true if a name matches a pattern or one of several patterns; `*` matches any text."""
    if isinstance(pattern, list):
        return any(matches(each, name) for each in pattern)
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), name, re.S) is not None


def read(path, daemon):
    """The exclusions for a daemon. Raises ValueError for an invalid entry."""
    entries = yaml.safe_load(path.read_text())
    for number, entry in enumerate(entries, 1):
        unknown, missing = set(entry) - FIELDS, REQUIRED - set(entry)
        if unknown or missing or not ("case" in entry or "tags" in entry):
            raise ValueError(f"{path.name}: entry {number}: unknown {sorted(unknown)}, missing {sorted(missing)}; one of `case` and `tags` is needed")
        if entry["whose"] not in WHOSE:
            raise ValueError(f"{path.name}: entry {number}: `{entry['whose']}` is not one of {sorted(WHOSE)}")
    numbered = [Exclusion(number, entry) for number, entry in enumerate(entries, 1)]
    return [each for each in numbered if each.entry.get("daemon", daemon) == daemon]


def apply(exclusions, results):
    """Changes known failures to excluded, and excluded cases that pass to failed, in place."""
    for result in results:
        if result["outcome"] not in ("passed", "failed", "excluded"):
            continue
        known = next((each for each in exclusions if each.matches(result)), None)
        if known is None:
            if result["outcome"] == "excluded":
                result.update(outcome="failed", reason="the suite excluded this case, but exclusions.yaml has no entry for it")
            continue
        known.used += 1
        if result["outcome"] == "passed" and known.entry.get("race"):
            continue
        if result["outcome"] == "passed" and known.entry.get("chance"):
            known.used -= 1
        elif result["outcome"] == "passed":
            result.update(outcome="failed", reason=f"the case passes: {known} is stale")
        else:
            result.update(outcome="excluded", reason=known.reason, whose=known.whose)


def unused(exclusions, results):
    """The exclusions that match no case, of suites and subjects that ran."""
    ran = {(each["suite"], each["subject"], each["mode"]) for each in results if each["outcome"] in ("passed", "failed", "excluded")}

    def could(exclusion, suite, subject, mode):
        names = {"suite": suite, "subject": subject, "mode": mode}
        return all(matches(exclusion.entry.get(name, "*"), value) for name, value in names.items())

    slow = [each for each in results if each["outcome"] == "slow"]
    return [
        each
        for each in exclusions
        if not each.used and any(could(each, *names) for names in ran) and not any(each.matches(one) for one in slow)
    ]
