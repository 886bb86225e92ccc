"""Prints a Markdown table of the version of `fractional` that official providers evaluate with in-process."""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import urllib.request

import prepared
import recipe
import version_1
import yaml
from daemon import Daemon
from driver import Driver, eventually

HERE = pathlib.Path(__file__).resolve().parent
# Seconds until a provider has its flags, and for all its evaluations.
TIMEOUT = 120
VARIANTS = ("blue", "green")
# The rule of the bucketing value of each flag; without one, the default key applies.
FLAGS = {"split-by-default-key": [], "split-by-email": [{"var": "email"}]}
CONTEXTS = [{"targetingKey": f"user-{n}", "email": f"user-{n}@example.com"} for n in range(1, 301)]
HEAD = "| provider | version | `fractional` | agreement with RPC, v2 | agreement with RPC, v3 |\n|---|---|---|---|---|"


def document():
    shares = [[variant, 50] for variant in VARIANTS]
    common = {"state": "ENABLED", "variants": {variant: variant for variant in VARIANTS}, "defaultVariant": VARIANTS[0]}
    return {"flags": {key: {**common, "targeting": {"fractional": [*unit, *shares]}} for key, unit in FLAGS.items()}}


def by_rpc(daemon):
    """The variant of each flag, for each context."""

    def row(context):
        address = daemon.address("port") + "/flagd.evaluation.v1.Service/ResolveAll"
        body = json.dumps({"context": context}).encode()
        request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            flags = json.load(answer)["flags"]
        return [flags[key]["variant"] for key in FLAGS]

    return [row(context) for context in CONTEXTS]


def by_version_1():
    keys = [("split-by-default-key" + context["targetingKey"], context["email"]) for context in CONTEXTS]
    return [[version_1.variant(unit, *VARIANTS) for unit in units] for units in keys]


def by_provider(command, daemon, log):
    options = {"FLAGD_RESOLVER": "in-process", "FLAGD_DEADLINE_MS": "20000"}
    options |= {name: str(daemon.ports["sync-port"]) for name in ("FLAGD_PORT", "FLAGD_SYNC_PORT")}
    with Driver(command, options, log) as driver:
        driver.call("open", deadline=TIMEOUT)
        flags = [{"type": "string", "key": key, "mine": "mine"} for key in FLAGS]
        return driver.call("sweep", deadline=TIMEOUT, flags=flags, contexts=CONTEXTS)


def agreement(rows, truth):
    """For each flag, the number of contexts with the same variant."""
    return [sum(mine == theirs for mine, theirs in zip(*columns)) for columns in zip(zip(*rows), zip(*truth))]


def row(name, version, answers, truth):
    """A row of the table. `answers` are the variants with a v2 daemon, and those with a v3 daemon."""
    second, third = (agreement(mine, truth[number]) for mine, number in zip(answers, ("v2", "v3")))
    every = [len(CONTEXTS)] * len(FLAGS)
    measured = {"v3": third, "v2": second, "v1": agreement(answers[0], truth["v1"])}
    fractional = next((number for number, counts in measured.items() if counts == every), "other")
    counts = (", ".join(map(str, counts)) for counts in (second, third))
    return f"| {name} | {version} | {fractional} | {' | '.join(counts)} |"


def measure(entry, daemons, truth, log):
    language, version, engine = entry["provider"], str(entry["version"]), entry.get("engine", {})
    shown = ", ".join([version, *(f"`{name}` {number}" for name, number in engine.items())])
    name = f"{language.capitalize()}, `{recipe.PACKAGES[language]}`"
    try:
        with tempfile.TemporaryDirectory() as scratch:
            scratch = pathlib.Path(scratch)
            prepare = recipe.copy(language, version, engine, scratch)
            command = prepared.command(language, scratch, prepare)
            answers = [by_provider(command, daemon, log) for daemon in daemons]
    except (prepared.Missing, RuntimeError, AssertionError) as why:
        print(f"{language} {shown}: {why}", file=sys.stderr)
        return f"| {name} | {shown} | not measured | | |"
    return row(name, shown, answers, truth)


def measure_flagd(program, source, truth, log):
    """flagd itself, over RPC."""
    version = subprocess.run([program, "version"], capture_output=True, text=True, check=True).stdout.split("\n")[0]
    with Daemon(program, source, log=log).start() as daemon:
        eventually("all flags are there", lambda: ready(daemon))
        answers = by_rpc(daemon)
    return row("flagd itself, over RPC", version, [answers, answers], truth)


def ready(daemon):
    """Returns true if the daemon has its flags: flagd reports that it is ready before."""
    try:
        return bool(by_rpc(daemon))
    except KeyError:
        return False


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("fanion", type=pathlib.Path)
    parser.add_argument("language", nargs="*", default=prepared.LANGUAGES)
    parser.add_argument("--flagd", type=pathlib.Path, help="a flagd to measure as well")
    given = parser.parse_args()
    program = given.fanion.resolve()
    with tempfile.TemporaryDirectory() as scratch, open(pathlib.Path(scratch, "log"), "w+", encoding="utf-8") as log:
        file = pathlib.Path(scratch, "flags.json")
        file.write_text(json.dumps(document()))
        source = f"--uri=file:{file}"
        with Daemon(program, source, log=log) as second, Daemon(program, source, "--fractional=v3", log=log) as third:
            daemons = second.start(), third.start()
            truth = {"v1": by_version_1(), "v2": by_rpc(second), "v3": by_rpc(third)}
            print(HEAD, flush=True)
            for entry in yaml.safe_load((HERE / "versions.yaml").read_text()):
                if entry["provider"] in given.language:
                    print(measure(entry, daemons, truth, log), flush=True)
            if given.flagd:
                print(measure_flagd(given.flagd.resolve(), source, truth, log))


main()
