"""A daemon under test: ports, log, start and stop."""

import ctypes
import dataclasses
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

# Seconds until a daemon that has not started or stopped counts as broken. flagd's own timeout is 5 s.
PATIENCE = 15

PORTS = ("port", "management-port", "sync-port", "ofrep-port")


def free_ports(count):
    """Different free ports."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in held]
    for s in held:
        s.close()
    return ports


def environment():
    """The environment without variables that configure a daemon."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("FLAGD_", "OTEL_", "KUBERNETES_"))}


@dataclasses.dataclass
class Daemon:
    """A running daemon."""

    name: str
    process: subprocess.Popen
    ports: dict
    log: pathlib.Path
    scratch: pathlib.Path

    def port(self, name):
        return self.ports[name]

    def ready(self):
        url = f"http://127.0.0.1:{self.ports['management-port']}/readyz"
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:
                return answer.status == 200
        except OSError:
            return False

    def running(self):
        return self.process.poll() is None

    def end(self, number=signal.SIGTERM):
        """Signals the daemon, and returns its exit code and the seconds until it ended."""
        began = time.monotonic()
        if self.running():
            self.process.send_signal(number)
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            code = "killed"
        return code, time.monotonic() - began

    def resident(self):
        """Resident memory in KiB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(l for l in status.splitlines() if l.startswith("VmRSS")).split()[1])


# prctl's number for the signal that a process gets when its parent dies.
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


def die_with_parent():
    """Runs in the child before exec, so that an interrupted run leaves no daemon behind."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def launch(name, program, arguments, scratch, ports=None):
    """Starts a daemon and returns at once."""
    scratch.mkdir(parents=True, exist_ok=True)
    ports = ports or dict(zip(PORTS, free_ports(len(PORTS))))
    log = scratch / f"{name}.log"
    command = [program, "start", *(f"--{k}={v}" for k, v in ports.items())]
    command += [a.replace("{scratch}", str(scratch)).replace("{name}", name) for a in arguments]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=out, env=environment(), cwd=scratch, preexec_fn=die_with_parent
        )
    return Daemon(name, process, ports, log, scratch)


def start(name, program, arguments, scratch, ports=None):
    """Starts a daemon and waits until it is ready. Returns None if it does not become ready."""
    daemon = launch(name, program, arguments, scratch, ports)
    deadline = time.monotonic() + PATIENCE
    while daemon.running() and time.monotonic() < deadline:
        if daemon.ready():
            return daemon
        time.sleep(0.02)
    daemon.end(signal.SIGKILL)
    return None
