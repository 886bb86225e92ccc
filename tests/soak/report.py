#!/usr/bin/env python3
"""Judges a run and draws its plots: tests/soak/report.py OUTPUT_DIRECTORY"""
import collections
import csv
import json
import pathlib
import sys

import plot
from verdict import judge

SHOWN = ("grpc", "connect", "ofrep")


def table(path):
    """The rows of a CSV file, with numbers where they are numbers."""
    def number(text):
        try:
            return float(text)
        except ValueError:
            return text
    with open(path) as file:
        return [{name: number(text) for name, text in row.items()} for row in csv.DictReader(file)]


def plots(directory, samples, calls):
    def draw(name, title, unit, series):
        (directory / f"soak-{name}.svg").write_text(plot.lines(title, unit, series))

    def column(name, unit=1):
        return [(row["second"], row[name] / unit) for row in samples]

    def of_calls(kind, name, unit=1):
        return [(row["second"], row[name] * unit) for row in calls if row["kind"] == kind]

    def rate(name):
        # A thread that has ended takes its time with it.
        return [(b["second"], max(0, b[name] - a[name]) * 100) for a, b in zip(samples, samples[1:])]

    draw("memory", "resident memory", "MiB", {"": column("rss", 1024)})
    draw("descriptors", "file descriptors and threads", "", {"descriptors": column("descriptors"), "threads": column("threads")})
    draw("p50", "median of single evaluations, seen by a client in Python", "ms", {kind: of_calls(kind, "p50_ms") for kind in SHOWN})
    draw("p99", "p99 of single evaluations, seen by a client in Python", "ms", {kind: of_calls(kind, "p99_ms") for kind in SHOWN})
    inside = {name: of_calls("inside", f"{name}_ms", 1000) for name in ("p50", "p99")}
    draw("inside", "single evaluations, from the bytes of a request to those of its response", "µs", inside)
    draw("cpu", "CPU of the process, and time in which others had the CPU that it waited for", "% of a core", {"used": rate("cpu"), "waited": rate("waited")})


def totals(samples, calls, result):
    counts = collections.Counter()
    for row in calls:
        counts[row["kind"]] += int(row["calls"])
    first, last = samples[0], samples[-1]
    share = (last["cpu"] - first["cpu"]) / max(1, last["second"]) * 100
    called = sum(count for kind, count in counts.items() if "lag" not in kind and kind != "inside")
    return [f"{last['second']:.0f} s, {last['generation']:.0f} edits, {called} calls, {sum(result['failures'].values())} failed; CPU {share:.1f} % of a core",
            f"edits that were not seen after a second, which delayed the next one: {result['postponed']}",
            "calls: " + ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items()))]


def report(directory):
    """Writes the plots and the verdict. Returns true if the run passed."""
    samples, calls = table(directory / "samples.csv"), table(directory / "calls.csv")
    result = json.loads((directory / "result.json").read_text())
    plots(directory, samples, calls)
    lines, faults = judge(samples, calls, result["failures"], result["ended"])
    lines = totals(samples, calls, result) + lines
    said = {"passed": not faults, "faults": faults, "figures": lines}
    (directory / "verdict.json").write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n")
    print("\n".join([*lines, *(f"FAILED: {fault}" for fault in faults)] if faults else [*lines, "passed"]))
    return not faults


if __name__ == "__main__":
    sys.exit(not report(pathlib.Path(sys.argv[1])))
