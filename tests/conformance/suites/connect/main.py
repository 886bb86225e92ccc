"""Runs the official Connect clients for Go and Node, with all their protocols over HTTP/1.1 and HTTP/2."""

import argparse
import json
import pathlib
import tempfile

import prepared
import report
from claims import CLAIMS, FLAGS
from daemon import Daemon
from driver import Driver
from peer import MODES, Peer

HERE = pathlib.Path(__file__).resolve().parent
LANGUAGES = ("go", "node")


def judge(language, command, program, scratch):
    """Checks all claims in all modes. The last claim ends the daemon, so each mode has its own."""
    file = scratch / "flags.json"
    with (scratch / "log").open("w") as log, Driver(command, {}, log) as driver:
        for mode in MODES:
            file.write_text(json.dumps(FLAGS))
            with Daemon(program, f"--uri=file:{file}", log=log) as daemon:
                daemon.start()
                peer = Peer(driver, mode, daemon, file)
                for claim in CLAIMS:
                    report.check(language, str(mode), claim.words, claim.check, peer)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("daemon", type=pathlib.Path)
    parser.add_argument("language", nargs="*", default=LANGUAGES)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for language in given.language:
            try:
                command = prepared.command(language, scratch, HERE / "prepare")
            except prepared.Missing as what:
                report.result(language, "", "*", "notrun", what)
                continue
            judge(language, command, given.daemon.resolve(), pathlib.Path(scratch, language))


main()
