"""main.py PATH_TO_FANION PATH_TO_FLAGD [--all] [--only REGEX]

Sends the same requests to both, prints each difference, and exits with 1 if a difference is unknown or a known one no
longer occurs. See ../compare.
"""

import argparse
import concurrent.futures
import fcntl
import pathlib
import re
import shutil
import signal
import socket
import struct
import sys
import tempfile
import time

import case
import daemon
import known
import starting

# Imported to register their cases.
import changes  # noqa: F401
import errors  # noqa: F401
import evaluation  # noqa: F401
import management  # noqa: F401
import ofrep  # noqa: F401
import selection  # noqa: F401
import sockets

FLAGS = pathlib.Path(__file__).parents[1] / "flags"
FILES = ["--uri=file:{scratch}/first.yaml", "--uri=file:{scratch}/second.json"]
EDITED = [FILES[0], "--uri=file:{scratch}/edited.json"]
USUAL = [*FILES, "--context-value=env=prod", "--context-from-header=X-Ring=ring"]

# Name: arguments. The cases of a profile run on one pair of daemons.
PROFILES = {
    "main": USUAL,
    "narrow": [*FILES, "--max-request-body=2000", "--max-request-header=8000", "--stream-deadline=1s", "--disable-sync-metadata"],
    "cors": [*FILES, "--cors-origin=https://a.example"],
    "tls": [*FILES, "--server-cert-path={scratch}/tls.crt", "--server-key-path={scratch}/tls.key"],
    "sockets": [*FILES, "--socket-path={scratch}/{name}", "--sync-socket-path={scratch}/{name}.sync"],
    "metrics": USUAL,
    "paths": FILES,
    "edits": EDITED,
    "silence": FILES,
    "stop-grpc": EDITED,
    "stop-web": EDITED,
    "stop-idle": EDITED,
    "stop-int": EDITED,
}  # fmt: skip


# Concurrent cases.
AT_ONCE = 8

# Seconds after which a case is reported on standard error as slow.
SLOW = 3


def loopback_up():
    """Enables the loopback device, which is down in a new network namespace."""
    with socket.socket() as s:
        fcntl.ioctl(s, 0x8914, struct.pack("16sh22x", b"lo", 0x1 | 0x40))


def pair(programs, profile, root):
    """Starts both daemons with a profile's arguments and equal files. Returns lines of differences if one fails."""
    scratch = root / profile
    shutil.copytree(FLAGS, scratch)
    changes.write(scratch / "edited.json", changes.document(), time.time() - 60)
    sockets.certificate(scratch)
    started = [daemon.start(n, p, PROFILES[profile], scratch) for n, p in programs.items()]
    silent = [n for n, d in zip(programs, started) if d is None]
    if silent:
        for name in silent:
            log = (scratch / f"{name}.log").read_text(errors="replace").strip().splitlines()
            print(f"{profile}: {name} did not start: {log[-1] if log else 'its log is empty'}", file=sys.stderr)
        for running in filter(None, started):
            running.end(signal.SIGKILL)
        told = {n: "does not start" if n in silent else "starts" for n in programs}
        return None, [f"profile {profile}: : flagd={told['flagd']} fanion={told['fanion']}"]
    return started, []


def ask(cases, daemons):
    """The differences in the cases of a profile. Cases mostly wait, so several run concurrently."""
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        told = list(pool.map(lambda c: answers(*c, daemons), cases))
    return [same_everywhere(line, daemons) for lines in told for line in lines]


def answers(name, run, daemons):
    began = time.monotonic()
    lines = list(case.differences(name, run(daemons)))
    if (took := time.monotonic() - began) > SLOW:
        print(f"{took:.1f} s: {name[:120]}", file=sys.stderr)
    return lines


def same_everywhere(line, daemons):
    """Replaces paths and ports, which differ between runs."""
    for d in daemons or ():
        line = line.replace(str(d.scratch), "SCRATCH")
        for port in d.ports.values():
            line = re.sub(rf"\b{port}\b", "PORT", line)
    return line


def compare(programs, root, only):
    found, asked = [], 0
    starting.run(programs, FLAGS / "first.yaml")
    for profile in [*PROFILES, "none"]:
        wanted = [c for c in case.cases.get(profile, []) if only.search(c[0])]
        if not wanted:
            continue
        daemons, lines = pair(programs, profile, root) if profile in PROFILES else (None, [])
        if daemons or profile == "none":
            lines = ask(wanted, daemons)
            asked += len(wanted)
        for d in daemons or ():
            if not d.running() and not profile.startswith("stop"):
                lines.append(f"profile {profile}: {d.name} died")
            d.end(signal.SIGKILL)
        found += lines
    return found, asked


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("fanion")
    parser.add_argument("flagd")
    parser.add_argument("--all", action="store_true", help="also print each line of the known differences")
    parser.add_argument("--only", default="", help="run only cases whose name matches, without the check for stale rows")
    arguments = parser.parse_args()
    programs = {"flagd": arguments.flagd, "fanion": arguments.fanion}
    loopback_up()
    with tempfile.TemporaryDirectory() as root:
        found, asked = compare(programs, pathlib.Path(root), re.compile(arguments.only))
    sys.exit(known.report(found, asked, arguments))


if __name__ == "__main__":
    main()
