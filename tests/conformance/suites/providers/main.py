"""Checks the claims about providers, in all languages and modes."""

import argparse
import concurrent.futures
import json
import pathlib
import shutil
import sys
import tempfile

import yaml

import prepared
import report
from claims import CLAIMS
from fixture import MODES, Fixture

FLAGS = pathlib.Path(prepared.__file__).parent
# More than cores, because some wait for a reconnection or a grace period.
AT_ONCE = 4


def lay_out(directory):
    """Copies the flag files, which the checks rewrite, and writes a JSON file that providers can read."""
    for name in ("flags.yaml", "other.yaml"):
        shutil.copyfile(FLAGS / name, directory / name)
    (directory / "flags.json").write_text(json.dumps(yaml.safe_load((directory / "flags.yaml").read_text()), indent=2))


def run(language, command, mode, daemon, scratch):
    """Checks all claims about a provider in one mode, in their order."""
    directory = pathlib.Path(scratch, f"{language}-{mode}")
    directory.mkdir()
    lay_out(directory)
    with (directory / "log").open("w") as log, Fixture(language, command, mode, daemon, directory, log) as fixture:
        passed = [report.check(language, mode, claim.words, claim.check, fixture) for claim in CLAIMS if mode in claim.modes]
    if not all(passed):
        print(f"log of {language} and the daemon, {mode}:\n{(directory / 'log').read_text()[-4000:]}", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("daemon", type=pathlib.Path)
    parser.add_argument("language", nargs="*", default=prepared.LANGUAGES)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        running = []
        for language in given.language:
            try:
                command = prepared.command(language, scratch)
            except prepared.Missing as what:
                report.result(language, "", "*", "notrun", what)
                continue
            running += [pool.submit(run, language, command, mode, given.daemon.resolve(), scratch) for mode in MODES]
        for each in running:
            each.result()


main()
