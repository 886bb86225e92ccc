#!/usr/bin/env python3
"""Measures `flagctl diff` on two files of many flags, all of which change.

usage: tests/bench/diff.py target/dist/flagctl [--flags 1000] [--rounds 5]
"""
import argparse, json, pathlib, statistics, subprocess, tempfile, time

COUNTRIES = ["DE", "AT", "FR", "US", "DK"]


def flag(n, percent):
    """A realistic flag: an allow list, rings, a version, a country and a percentage."""
    rule = {"if": [
        {"in": [{"var": "targetingKey"}, [f"emp-{n}", f"emp-{n + 1}"]]}, "on",
        {"in": [{"var": "ring"}, ["internal", "beta"]]}, "on",
        {"and": [{"sem_ver": [{"var": "version"}, ">=", f"2.{n % 20}.0"]},
                 {"==": [{"var": "country"}, COUNTRIES[n % 5]]}]},
        {"fractional": [["on", percent], ["off", 100 - percent]]},
        "off"]}
    return {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off", "targeting": rule}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("flagctl")
    parser.add_argument("--flags", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        paths = []
        for name, percent in [("old", 5), ("new", 20)]:
            flags = {f"team.feature-{n}": flag(n, percent) for n in range(options.flags)}
            path = pathlib.Path(directory, f"{name}.json")
            path.write_text(json.dumps({"flags": flags}))
            paths.append(str(path))
        times = []
        for _ in range(options.rounds):
            start = time.perf_counter()
            run = subprocess.run([options.flagctl, "diff", *paths, "-o", "json"], check=True, stdout=subprocess.PIPE)
            times.append(time.perf_counter() - start)
        told = json.loads(run.stdout)["flags"]
        assert len(told) == options.flags and all(f["verdict"] == "changed" for f in told)
        examples = sum(len(t["examples"]) for f in told for c in f["cells"] for t in c["transitions"])
        print(f"{options.flags} changed flags, {examples} examples: median {statistics.median(times) * 1000:.0f} ms, "
              f"from {min(times) * 1000:.0f} to {max(times) * 1000:.0f} ms")


main()
