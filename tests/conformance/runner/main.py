"""Runs suites against a daemon, applies the exclusions, prints a table, and writes or checks the record."""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import exclusions
import record
import table

HERE = pathlib.Path(__file__).resolve().parent.parent
ROOT = HERE.parent.parent
PAGE = ROOT / "docs/conformance.md"
# The most failures that are printed, because a broken suite may have hundreds.
SHOWN = 60
OUTCOMES = {"passed", "failed", "excluded", "notrun", "slow"}


def suites():
    """The program of each suite, by name."""
    found = {}
    for path in sorted((HERE / "suites").iterdir()):
        program = path / "run" if path.is_dir() else path
        if program.is_file() and os.access(program, os.X_OK):
            found[path.name] = program
    return found


def arguments():
    parser = argparse.ArgumentParser(prog="tests/conformance/run", description=__doc__)
    parser.add_argument("suite", nargs="*", help=f"{', '.join(suites())} [default: all]")
    parser.add_argument("--daemon", type=pathlib.Path, default=ROOT / "target/release/fanion", metavar="PATH", help="a fanion or a flagd [default: target/release/fanion]")
    parser.add_argument("--full", action="store_true", help="include the slow cases")
    parser.add_argument("--record", action="store_true", help="write the counts to results/, and the table to docs/conformance.md")
    parser.add_argument("--check", action="store_true", help="fail if the counts, or docs/conformance.md, differ from the record")
    parser.add_argument("--keep", type=pathlib.Path, metavar="FILE", help="write every result to this file, as JSON lines")
    given = parser.parse_args()
    unknown = set(given.suite) - set(suites())
    if unknown:
        parser.error(f"unknown suite: {', '.join(sorted(unknown))} (known: {', '.join(suites())})")
    if not os.access(given.daemon, os.X_OK):
        parser.error(f"`{given.daemon}` is not an executable: build it (cargo build --release --locked), or pass --daemon PATH")
    return given


def name_and_version(daemon):
    """The name and the version in the output of `DAEMON version`, for instance `flagd: 0.16.1 (…)`."""
    said = subprocess.run([daemon, "version"], capture_output=True, text=True, timeout=10, check=True)
    found = re.search(r"^(\w+): (\S+)", said.stdout + said.stderr, re.M)
    if found is None:
        raise SystemExit(f"`{daemon} version` prints no version")
    return found.groups()


def run(suite, program, daemon, name, full):
    """The results of a suite. An exit status other than 0 and an empty report count as an additional failure."""
    with tempfile.TemporaryDirectory(prefix="conformance-") as scratch:
        file = pathlib.Path(scratch, "results")
        file.touch()
        # FLAGD_* variables and proxies of the developer's shell must not affect daemon and clients.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("FLAGD_")}
        environment.update(CONFORMANCE_RESULTS=str(file), CONFORMANCE_FULL="1" if full else "", CONFORMANCE_DAEMON=name, TMPDIR=scratch)
        environment["no_proxy"] = "localhost,127.0.0.1"
        ended = subprocess.run([program, daemon], env=environment, stdin=subprocess.DEVNULL, check=False).returncode
        results = [json.loads(line) for line in file.read_text().splitlines()]
    for result in results:
        sound = result.get("outcome") in OUTCOMES and all(isinstance(result.get(name), str) for name in ("subject", "case"))
        if not sound or (result["outcome"] != "passed" and not result.get("reason")):
            raise ValueError(f"suite {suite}: not a result: {result}")
        result.setdefault("mode", "")
        result["suite"] = suite
    if ended != 0 or not results:
        why = f"the suite ended with {ended}" if ended else "the suite reported nothing"
        results.append({"suite": suite, "subject": suite, "mode": "", "case": "the suite runs to its end", "outcome": "failed", "reason": why})
    return results


def complaints(results, known):
    """All unexpected results, as lines."""
    lines = [f"failed: {name(each)}: {each['reason']}" for each in results if each["outcome"] == "failed"]
    lines += [f"stale: {each}: it excludes nothing" for each in exclusions.unused(known, results)]
    if os.environ.get("CI") == "true":
        lines += [f"not run, in CI: {name(each)}: {each['reason']}" for each in results if each["outcome"] == "notrun"]
    return lines


def name(result):
    return " ".join(filter(None, (result[part] for part in ("suite", "subject", "mode", "case"))))


def main():
    given = arguments()
    daemon, version = name_and_version(given.daemon)
    known = exclusions.read(HERE / "exclusions.yaml", daemon)
    results = []
    for suite, program in suites().items():
        if not given.suite or suite in given.suite:
            began = time.monotonic()
            results += run(suite, program, given.daemon.resolve(), daemon, given.full)
            print(f"{suite}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    exclusions.apply(known, results)
    if given.keep:
        given.keep.write_text("".join(json.dumps(each) + "\n" for each in results))
    rows = record.rows(results)
    print(table.plain(rows))
    wrong = complaints(results, known)
    if given.record:
        record.write(HERE / "results" / f"{daemon}.json", daemon, version, rows)
        table.write(PAGE, HERE / "results")
    if not results:
        wrong.append("no suite ran")
    if given.check:
        wrong += record.differences(HERE / "results" / f"{daemon}.json", rows, whole=not given.suite)
        wrong += table.differences(PAGE, HERE / "results")
    for line in wrong[:SHOWN]:
        print(line)
    if len(wrong) > SHOWN:
        print(f"… and {len(wrong) - SHOWN} more: --keep writes them all")
    # The last line is for builds that count failures.
    print(f"{sum(row['passed'] for row in rows)} passed, {len(wrong)} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
