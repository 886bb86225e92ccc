"""Rollout fields as the in-process providers evaluate them, and the document that flag sync sends to the providers."""

import argparse
import json
import os
import pathlib
import subprocess
import tempfile

import prepared
import report
import schema
from daemon import Daemon
from driver import Driver

HERE = pathlib.Path(__file__).resolve().parent
# The flags and cases of tests/all/rollout/every_protocol.rs.
DATA = HERE.parents[2] / "data"
FLAGS, CASES = DATA / "rollout_fields.yaml", json.loads((DATA / "rollout_fields.json").read_text())
# Seconds for a provider to get its flags.
PATIENCE = 60
V2, V3 = "in-process", "in-process, fractional v3"
# Languages whose engine uses version 3 of `fractional`, as the daemon does with --fractional=v3.
SPEAKS_V3 = ("python", "rust")
KINDS = {bool: "boolean", int: "integer"}


def payload(python, daemon):
    """The document that flag sync sends, parsed."""
    ran = subprocess.run([python, HERE / "payload.py", str(daemon.ports["sync-port"])], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise RuntimeError(f"flag sync does not respond: {ran.stderr[-500:]}")
    return json.loads(ran.stdout)


def validates(document):
    report.same(schema.faults(schema.validator(), document), [])
    # A rollout field in place of a rule is invalid in flagd.
    document["flags"]["split"]["targeting"] = {"split": {"control": 50}}
    report.same(len(schema.faults(schema.validator(), document)), 1)


def names(case):
    return f"{case['flag']}: {case['case']}"


def want(case, mode):
    """The expected variant. For hashed values it depends on the version of `fractional`."""
    return case["v3"] if mode == V3 and "v3" in case else case["variant"]


def tags(case):
    """The capabilities that a case needs."""
    values = case["context"].values()
    needs = {"hashed": "v3" in case, "lists": any(isinstance(value, (list, dict)) for value in values)}
    return [name for name, needed in needs.items() if needed]


def decides(driver, mode, variants, case):
    """Raises AssertionError if a provider returns another variant, value or metadata than the case expects."""
    expected = want(case, mode)
    value = variants[expected]
    # The caller's default differs from the expected value.
    mine = not value if isinstance(value, bool) else -1
    got = driver.ask(KINDS[type(value)], case["flag"], mine, case["context"])
    report.same((got["variant"], got["value"]), (expected, value))
    told = case.get("metadata", {})
    report.same({name: (got["metadata"] or {}).get(name) for name in told}, told)


def ask(language, command, mode, daemon, flags, log):
    options = {"FLAGD_RESOLVER": "in-process", "FLAGD_DEADLINE_MS": "20000"}
    options |= {name: str(daemon.ports["sync-port"]) for name in ("FLAGD_PORT", "FLAGD_SYNC_PORT")}
    with Driver(command, options, log) as driver:
        driver.call("open", deadline=PATIENCE)
        for case in CASES:
            variants = flags[case["flag"]]["variants"]
            report.check(language, mode, names(case), decides, driver, mode, variants, case, tags=tags(case))


def judge(daemon, mode, commands, python, log):
    daemon.start()
    document = payload(python, daemon)
    flags = document["flags"]
    report.check("daemon", mode, "flag sync sends the flags that have cases, and no others", report.same, {case["flag"] for case in CASES}, set(flags))
    for language, command in commands.items():
        report.check(language, mode, "it takes the flags", ask, language, command, mode, daemon, flags, log)
    try:
        schema.validator()
    except prepared.Missing as what:
        report.result("daemon", mode, "*", "notrun", what)
    else:
        report.check("daemon", mode, "what flag sync sends is valid by flagd's public schema", validates, document)


def missing(language, what):
    report.result(language, V2, "*", "notrun", what)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("daemon", type=pathlib.Path)
    parser.add_argument("language", nargs="*", default=prepared.LANGUAGES)
    given = parser.parse_args()
    if os.environ.get("CONFORMANCE_DAEMON") == "flagd":
        report.result("daemon", V2, "*", "notrun", "flagd has no rollout fields")
        return
    program = given.daemon.resolve()
    with tempfile.TemporaryDirectory() as scratch, open(pathlib.Path(scratch, "log"), "w", encoding="utf-8") as log:
        # The Python provider has the client of flag sync.
        (pathlib.Path(scratch) / "own").mkdir()
        python = prepared.command("python", pathlib.Path(scratch) / "own")[0]
        commands = prepared.commands(given.language, scratch, missing)
        with Daemon(program, f"--uri=file:{FLAGS}", log=log) as daemon:
            judge(daemon, V2, commands, python, log)
        third = {language: commands[language] for language in SPEAKS_V3 if language in commands}
        with Daemon(program, f"--uri=file:{FLAGS}", "--fractional=v3", log=log) as daemon:
            judge(daemon, V3, third, python, log)


main()
