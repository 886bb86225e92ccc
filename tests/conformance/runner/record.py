"""The record of a run: a row for each subject and mode of each suite, with counts. Kept in results/, one file a daemon.

A row's `slow` are the cases that a run without --full leaves out; `passed_slow` and `excluded_slow` say how they end with
it, so that a run without them can be held against the record of one with them.
"""

import collections
import json


def rows(results):
    """Counts of results, in the order in which suites, subjects and modes first appear."""
    grouped = collections.OrderedDict()
    for result in results:
        grouped.setdefault((result["suite"], result["subject"], result["mode"]), []).append(result)
    return [row(*names, members) for names, members in grouped.items()]


def row(suite, subject, mode, results):
    count = collections.Counter(each["outcome"] for each in results)
    reasons = collections.Counter((each["whose"], each["reason"]) for each in results if each["outcome"] == "excluded")
    slow = collections.Counter(each["outcome"] for each in results if each.get("slow"))
    return {
        "suite": suite,
        "subject": subject,
        "mode": mode,
        "passed": count["passed"],
        "failed": count["failed"],
        "excluded": [{"whose": whose, "reason": reason, "cases": cases} for (whose, reason), cases in sorted(reasons.items())],
        "notrun": [each["reason"] for each in results if each["outcome"] == "notrun"],
        "slow": sum(slow.values()),
        "passed_slow": slow["passed"],
        "excluded_slow": slow["excluded"],
    }


def key(row):
    return row["suite"], row["subject"], row["mode"]


def read(path):
    return json.loads(path.read_text()) if path.exists() else {"daemon": path.stem, "version": "", "rows": []}


def write(path, daemon, version, rows):
    """Lays rows over those on record: a run of one suite changes that suite's rows only."""
    suites = {each["suite"] for each in rows}
    kept = {key(each): each for each in read(path)["rows"]}
    for each in rows:
        before = kept.get(key(each))
        kept[key(each)] = with_slow(each, before) if before else each
    # What a suite has no more is gone.
    now = {key(each) for each in rows}
    merged = sorted((each for each in kept.values() if each["suite"] not in suites or key(each) in now), key=key)
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"daemon": daemon, "version": version, "rows": merged}, indent=1, ensure_ascii=False) + "\n")


def ran_slow(row):
    return row["passed_slow"] + row["excluded_slow"] > 0


def with_slow(row, before):
    """A row whose slow cases did not run, with what is on record of them."""
    if ran_slow(row) or not ran_slow(before) or row["slow"] != before["slow"]:
        return row
    merged = dict(row, passed=row["passed"] + before["passed_slow"], excluded=before["excluded"])
    return merged | {name: before[name] for name in ("passed_slow", "excluded_slow")}


def quick(row):
    """What a run without slow cases counts."""
    excluded = sum(each["cases"] for each in row["excluded"])
    return row["passed"] - row["passed_slow"], row["failed"], excluded - row["excluded_slow"], row["slow"]


def differences(path, rows, whole):
    """Where rows are not those on record. With `whole`, rows on record that did not run are differences, too."""
    recorded = {key(each): each for each in read(path)["rows"]}
    lines = []
    for each in rows:
        known = recorded.pop(key(each), None)
        what = " ".join(filter(None, key(each)))
        if known is None:
            lines.append(f"not on record: {what}: run with --record")
        elif quick(each) != quick(known) and not each["notrun"]:
            counts = "passed, failed, excluded, slow"
            lines.append(f"not as on record: {what}: {quick(each)}, on record {quick(known)} ({counts}): run with --record if it is meant")
    if whole:
        lines += [f"on record, but not run: {' '.join(filter(None, names))}" for names in recorded]
    return lines
