"""Compares evaluations of in-process providers that sync from the daemon with the daemon's responses, per flag."""

import argparse
import collections
import json
import pathlib
import subprocess
import sys
import tempfile
import urllib.request

import corpus
import prepared
import report
import rollout_fields
from daemon import Daemon
from driver import Driver, eventually

# Seconds for all evaluations of one provider.
PATIENCE = 240
# The most reported differences of a flag.
SHOWN = 3
V2, V3 = "in-process", "in-process, fractional v3"
# Languages whose engine uses version 3 of `fractional`, as the daemon does with --fractional=v3.
SPEAKS_V3 = ("python", "rust")


def post(address, body):
    request = urllib.request.Request(address, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return json.load(answer)


def by_ofrep(daemon, contexts):
    """The variant or error code of each flag, for each context."""
    address = daemon.address("ofrep-port") + "/ofrep/v1/evaluate/flags"
    bulk = [post(address, {"context": context})["flags"] for context in contexts]
    return [{flag["key"]: flag.get("variant") or flag.get("errorCode") for flag in flags} for flags in bulk]


def by_rpc(daemon, contexts):
    """The variants as with `by_ofrep`, but this protocol does not return error codes."""
    address = daemon.address("port") + "/flagd.evaluation.v1.Service/ResolveAll"
    bulk = [post(address, {"context": context})["flags"] for context in contexts]
    return [{key: flag.get("variant") or flag.get("reason") for key, flag in flags.items()} for flags in bulk]


def agree(by_rpc, by_ofrep):
    """Raises AssertionError with the differences."""
    flags = [(key, mine[key], theirs[key]) for mine, theirs in zip(by_rpc, by_ofrep) for key in mine]
    errors = {"PARSE_ERROR": "ERROR", "GENERAL": "ERROR"}
    report.same([flag for flag in flags if flag[1] != errors.get(flag[2], flag[2])], [])
    report.same([len(row) for row in by_rpc], [len(row) for row in by_ofrep])


def differences(got, want, contexts):
    """The contexts for which the provider's result of a flag differs from the daemon's."""
    return [f"want {theirs}, got {mine}, for {context}" for mine, theirs, context in zip(got, want, contexts) if mine != theirs]


def compare(language, mode, rows, keys, truth, contexts):
    """Records a case for each flag, and for percentages another one for contexts with non-ASCII targeting keys."""
    summary = collections.Counter()
    plain = [place for place, context in enumerate(contexts) if corpus.is_ascii(context)]
    beyond = [place for place, context in enumerate(contexts) if not corpus.is_ascii(context)]
    for nth, key in enumerate(keys):
        family = key.rpartition(".")[0]
        hashes = family.startswith(("percentage", "rollout"))
        parts = [(key, [family], plain), (f"{key}, beyond ASCII", [family, "beyond-ascii"], beyond)] if hashes else [(key, [family], plain + beyond)]
        for case, tags, places in parts:
            some = [contexts[place] for place in places]
            differ = differences([rows[place][nth] or None for place in places], [truth[place][key] for place in places], some)
            summary[" ".join(tags)] += len(differ)
            why = f"{len(differ)} of {len(some)} contexts: {'; '.join(differ[:SHOWN])}"
            report.record(language, mode, case, *(("failed", why) if differ else ("passed",)), tags=tags)
    told = ", ".join(f"{family} {count}" for family, count in summary.items() if count) or "none"
    print(f"{language}, {mode}: evaluations that differ, of {len(keys) * len(contexts)}: {told}", file=sys.stderr)


def ask(language, command, mode, daemon, keys, contexts, truth, log):
    options = {"FLAGD_RESOLVER": "in-process", "FLAGD_DEADLINE_MS": "20000"}
    options |= {name: str(daemon.ports["sync-port"]) for name in ("FLAGD_PORT", "FLAGD_SYNC_PORT")}
    with Driver(command, options, log) as driver:
        driver.call("open", deadline=PATIENCE)
        flags = [{"type": "string", "key": key, "mine": "mine"} for key in keys]
        rows = driver.call("sweep", deadline=PATIENCE, flags=flags, contexts=contexts)
    compare(language, mode, rows, keys, truth, contexts)


def judge(daemon, mode, commands, contexts, log):
    daemon.start()
    # flagd reports readiness before it has loaded its flags.
    eventually("all flags are there", lambda: len(by_ofrep(daemon, [{}])[0]) >= corpus.FLAGS)
    truth = by_ofrep(daemon, contexts)
    keys = sorted(truth[0])
    report.check("daemon", mode, "OFREP and RPC agree on every flag for every context", agree, by_rpc(daemon, contexts), truth)
    for language, command in commands.items():
        report.check(language, mode, "it answers for every flag", ask, language, command, mode, daemon, keys, contexts, truth, log)


def help_of(program):
    return subprocess.run([program, "start", "--help"], capture_output=True, text=True, check=False).stdout


def missing(language, what):
    report.result(language, V2, "*", "notrun", what)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("daemon", type=pathlib.Path)
    parser.add_argument("language", nargs="*", default=prepared.LANGUAGES)
    given = parser.parse_args()
    program, contexts = given.daemon.resolve(), corpus.contexts()
    known = help_of(program)
    with tempfile.TemporaryDirectory() as scratch, open(pathlib.Path(scratch, "log"), "w", encoding="utf-8") as log:
        plain = corpus.document()
        documents = [plain] + ([rollout_fields.document(plain["flags"])] if "fanion" in known else [])
        sources = []
        for number, document in enumerate(documents):
            file = pathlib.Path(scratch, f"{number}.json")
            file.write_text(json.dumps(document))
            sources.append(f"--uri=file:{file}")
        commands = prepared.commands(given.language, scratch, missing)
        with Daemon(program, *sources, log=log) as daemon:
            judge(daemon, V2, commands, contexts, log)
        if "--fractional" in known:
            third = {language: commands[language] for language in SPEAKS_V3 if language in commands}
            with Daemon(program, *sources, "--fractional=v3", log=log) as daemon:
                judge(daemon, V3, third, contexts, log)


main()
