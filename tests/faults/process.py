#!/usr/bin/env python3
"""Shows how the real program survives faults of its surroundings: files, limits, clocks, networks, clients, signals.

usage: process.py PROGRAM [--quick] [SCENARIO...]

Each scenario starts PROGRAM (a fanion), causes a fault, and prints one line with what was observed. In each of them:
evaluations go on with the last good flags; the fault is reported by /readyz and a metric within 5 s, if it concerns
flags or a thread; an edit after the fault is served; SIGTERM during the fault ends the process within 5.5 s with exit
code 0; and after a burst, the resident memory returns to at most 4 MiB above that before. The exit code is 1 if any of
this does not hold. --quick runs the scenarios that need less than 10 s, and leaves out those that this machine does not
permit. README.md lists the scenarios.
"""
import os, sys, time, traceback
import files, lifecycle, limits, load, network
from report import Report

SCENARIOS = {**files.SCENARIOS, **limits.SCENARIOS, **network.SCENARIOS, **load.SCENARIOS, **lifecycle.SCENARIOS}
# Each needs less than 10 s, and no control group.
QUICK = ["permissions", "directory-permissions", "missing", "fifo", "truncated", "disk-full", "inodes", "read-only", "hanging-source", "inotify", "mounts",
         "descriptors", "shared-state", "sigkill-quick"]

NEED_ROOT, NEED_FUSE = ("permissions", "directory-permissions"), ("hanging-source",)


def enter_namespaces():
    """Starts this script again with mounts and networks of its own, so that nothing of them is left behind."""
    if "FAULTS_USER" not in os.environ:
        mapped = ["--map-root-user"] if os.getuid() else []
        command = ["unshare", *mapped, "--mount", "--net", sys.executable, *sys.argv]
        os.execvpe("unshare", command, {**os.environ, "FAULTS_USER": str(os.getuid())})
    os.system("ip link set lo up")


def is_possible(name):
    """Whether this machine permits a scenario of QUICK. Says so if not."""
    lacks_root = name in NEED_ROOT and os.environ["FAULTS_USER"] != "0"
    lacks_fuse = name in NEED_FUSE and not os.access("/dev/fuse", os.R_OK | os.W_OK)
    if lacks_root or lacks_fuse:
        print(f"{name}: not run: it needs {'root' if lacks_root else '/dev/fuse'}", flush=True)
    return not (lacks_root or lacks_fuse)


def run(name, program):
    """The report of a scenario. A fault of the scenario itself counts as a failure."""
    report, begun = Report(name), time.monotonic()
    try:
        SCENARIOS[name](report, program)
    except Exception:
        report.expect(False, traceback.format_exc())
    report.note(f"{time.monotonic() - begun:.0f} s in total")
    report.print()
    return report


def main():
    enter_namespaces()
    program, *names = sys.argv[1:]
    if "--quick" in names:
        names.remove("--quick")
        names = names or [name for name in QUICK if is_possible(name)]
    failed = [report.name for report in [run(name, os.path.abspath(program)) for name in names or SCENARIOS] if report.failures]
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)


main()
