"""Writes results of a suite: as JSON lines to the file in CONFORMANCE_RESULTS, and as text to standard error."""

import json
import os
import sys
import threading

LOCK = threading.Lock()


def record(subject, mode, case, outcome, reason=None, **more):
    """Writes a result to the file only."""
    line = {"subject": subject, "mode": mode, "case": case, "outcome": outcome, **more}
    if reason:
        line["reason"] = " ".join(str(reason).split())
    if os.environ.get("CONFORMANCE_RESULTS"):
        with LOCK, open(os.environ["CONFORMANCE_RESULTS"], "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def result(subject, mode, case, outcome, reason=None, **more):
    """Writes a result to the file and to standard error."""
    record(subject, mode, case, outcome, reason, **more)
    told = f" ({' '.join(str(reason).split())})" if reason else ""
    print(f"{outcome}: {subject} {mode}: {case}{told}", file=sys.stderr, flush=True)


def check(subject, mode, case, function, *arguments, **more):
    """Runs a function as a case, which fails if the function raises. Returns true if the case passed."""
    try:
        function(*arguments)
    except Exception as why:
        result(subject, mode, case, "failed", f"{type(why).__name__}: {why}", **more)
        return False
    result(subject, mode, case, "passed", **more)
    return True


def same(got, want):
    """Raises AssertionError if the values differ."""
    if got != want:
        raise AssertionError(f"want {want!r}, got {got!r}")
