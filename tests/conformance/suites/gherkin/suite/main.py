"""Runs all subjects in all modes, some concurrently, and reports each case."""

import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import cases
import report
import subjects

HERE = pathlib.Path(__file__).resolve().parent.parent
ROOT = HERE.parents[3]
# Sessions mostly wait for connections that are lost on purpose.
AT_ONCE = 6
# Seconds until a session is killed. Cases without a report fail.
LIMIT = 900
WELL = "the runner ended with 0"
# The most characters of a failed session's log that are printed.
SAID = 4000
# The exit status of `prepare` if the toolchain is missing; the reason is on standard output.
NOT_HERE = 3


class Results:
    def __init__(self):
        self.file = open(os.environ["CONFORMANCE_RESULTS"], "a")

    def add(self, session, case, outcome, reason=None, **more):
        line = {"subject": session.subject, "mode": session.name, "case": case, "outcome": outcome, **more}
        self.file.write(json.dumps(line | ({"reason": reason} if reason else {})) + "\n")
        self.file.flush()


def testbed():
    path = pathlib.Path(os.environ.get("FANION_TESTBED", ROOT.parent / "shared/testbed"))
    return path if (path / "gherkin").is_dir() else None


def prepared(sessions):
    """Runs `prepare` of each subject, one after the other. Returns exit status and output by subject."""
    found = {}
    for subject in dict.fromkeys(session.subject for session in sessions):
        ended = subprocess.run([HERE / subject / "prepare"], stdout=subprocess.PIPE, text=True, check=False)
        found[subject] = (ended.returncode, ended.stdout.strip())
    return found


def run(session, daemon, packages, bed, wanted):
    """Runs one session in a separate network. Returns failures by file and line, and the outcome of the runner."""
    with tempfile.TemporaryDirectory() as scratch:
        features = " ".join(f"{name}.feature" for name in dict.fromkeys(case.feature for case in wanted))
        environment = os.environ | {
            "TESTBED": str(bed),
            "FEATURES": features,
            "TAGS": session.tags,
            "PACKAGES": packages,
            "FLAGCTL": str(flagctl(daemon)),
            "FRACTIONAL": session.fractional,
        }
        log = pathlib.Path(scratch, "log")
        command = [HERE.parents[1] / "alone", HERE / "session", session.subject, session.mode, daemon, scratch]
        with log.open("wb") as output:
            how = ended(command, environment, output)
        if how != WELL:
            print(f"{session.subject} {session.name}: {how}\n{log.read_text(errors='replace')[-SAID:]}", file=sys.stderr)
        return report.read(pathlib.Path(scratch, "reports")), how


def ended(command, environment, output):
    try:
        status = subprocess.run(command, env=environment, stdout=output, stderr=output, timeout=LIMIT, check=False).returncode
        return f"the runner ended with {status}"
    except subprocess.TimeoutExpired:
        return f"the runner took more than {LIMIT} s"


def flagctl(daemon):
    """The flagctl of the same build as the daemon; for flagd, which has none, the flagctl of this repository."""
    beside = daemon.with_name("flagctl")
    return beside if beside.exists() else ROOT / "target/release/flagctl"


def tell(results, session, wanted, found, how):
    for case in wanted:
        if case.place not in found:
            results.add(session, case.name, "failed", f"not reported: {how}", tags=case.tags)
        elif why := found[case.place]:
            results.add(session, case.name, "failed", why, tags=case.tags)
        else:
            results.add(session, case.name, "passed", tags=case.tags)


def main(daemon):
    results, bed = Results(), testbed()
    only = os.environ.get("CONFORMANCE_SUBJECTS", "").split()
    flagd = os.environ["CONFORMANCE_DAEMON"] == "flagd"
    sessions = [each for each in subjects.SESSIONS if (not only or each.subject in only) and not (flagd and each.fractional)]
    if bed is None:
        for session in sessions:
            results.add(session, "*", "notrun", "the public suite is missing: set FANION_TESTBED to its path")
        return
    everything, packages = cases.read(bed / "gherkin"), prepared(sessions)
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        running = []
        for session in sessions:
            status, said = packages[session.subject]
            wanted = cases.selected(everything, session)
            if status == NOT_HERE:
                results.add(session, "*", "notrun", said)
            elif status != 0:
                results.add(session, "*", "failed", f"preparing ended with {status}")
            else:
                running.append((session, wanted, pool.submit(run, session, daemon, said, bed, wanted)))
        for session, wanted, outcome in running:
            tell(results, session, wanted, *outcome.result())


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
