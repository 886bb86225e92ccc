"""Command lines that must not start a daemon: exit codes and error messages."""

import subprocess

from case import add_pair
from daemon import environment
from daemon import free_ports
from daemon import PORTS

# Name: (arguments, words of which the message must contain one).
LINES = {
    "no source": ([], ["sync implementation", "source", "uri"]),
    "an unknown scheme": (["--uri=nope:x"], ["invalid sync uri argument"]),
    "an unknown provider": (['--sources=[{"uri":"x","provider":"bad"}]'], ["invalid sync provider"]),
    "sources that are no JSON": (["--sources=["], ["sources"]),
    "a source without a uri": (['--sources=[{"provider":"file"}]'], ["uri"]),
    "a source without a provider": (['--sources=[{"uri":"x"}]'], ["provider"]),
    "an unknown option": (["--nope"], ["nope"]),
    "an unknown log format": (["--uri=file:{file}", "--log-format=xml"], ["log"]),
    "a port that is no number": (["--uri=file:{file}", "--port=x"], ["port"]),
    "a port above 65535": (["--uri=file:{file}", "--port=70000"], ["port"]),
    "a missing file": (["--uri=file:/does/not/exist.json"], ["exist"]),
    "a duration that is none": (["--uri=file:{file}", "--stream-deadline=x"], ["stream-deadline"]),
    "a missing configuration file": (["--uri=file:{file}", "--config=/does/not/exist.yaml"], ["exist"]),
}


def run(programs, file):
    """Registers a case per command line: the exit code, or `runs` if the process has not ended after 7 s."""
    for name, (arguments, words) in LINES.items():

        def ask(_, arguments=arguments, words=words):
            return {n: one(p, [a.replace("{file}", str(file)) for a in arguments], words) for n, p in programs.items()}

        add_pair("none", f"start with {name}", ask)


def one(program, arguments, words):
    given = {a.partition("=")[0] for a in arguments}
    ports = [f"--{k}={v}" for k, v in zip(PORTS, free_ports(4)) if f"--{k}" not in given]
    command = [program, "start", *ports, *arguments]
    try:
        done = subprocess.run(command, env=environment(), capture_output=True, timeout=7)
    except subprocess.TimeoutExpired:
        return {"exit": "runs"}
    text = (done.stdout + done.stderr).decode("utf-8", "replace").lower()
    return {"exit": done.returncode, "names the mistake": any(w in text for w in words)}
