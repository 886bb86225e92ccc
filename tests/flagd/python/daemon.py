"""A daemon under test: its ports, its log, its start and its end."""

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

# Seconds until a daemon that is not up, or not down, counts as broken. flagd takes 5 s to give up.
PATIENCE = 15

PORTS = ("port", "management-port", "sync-port", "ofrep-port")


def free_ports(count):
    """Ports that nobody listens on, all different."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in held]
    for s in held:
        s.close()
    return ports


def environment():
    """The environment without settings that would reach a daemon."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("FLAGD_", "OTEL_", "KUBERNETES_"))}


@dataclasses.dataclass
class Daemon:
    """One of the two programs, running."""

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
        """Signals the daemon; its exit code and how many seconds it took."""
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
    """Runs in the daemon before it starts: nothing is left of a run that is cut short."""
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
    """Starts a daemon and waits until it says that it is ready; None if it does not."""
    daemon = launch(name, program, arguments, scratch, ports)
    deadline = time.monotonic() + PATIENCE
    while daemon.running() and time.monotonic() < deadline:
        if daemon.ready():
            return daemon
        time.sleep(0.02)
    daemon.end(signal.SIGKILL)
    return None
