"""A daemon for one check, which can be killed and restarted on the same ports."""

import os
import pathlib
import random
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

# Seconds until a daemon that has not started or stopped counts as broken.
PATIENCE = 20
PORTS = ("port", "management-port", "sync-port", "ofrep-port")


def reserved_ports(count):
    """Sockets that hold free ports without listening. While the daemon is down, neither another daemon nor an outgoing
    connection can take its port, and clients are refused."""
    sockets = []
    while len(sockets) < count:
        held = socket.socket(socket.AF_INET6)
        held.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        try:
            held.bind(("::", random.randint(10_000, 30_000)))
        except OSError:
            held.close()
            continue
        # Only now: with it, two reservations could hold the same port. The daemon sets it on its own sockets.
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sockets.append(held)
    return sockets


class Daemon:
    def __init__(self, program, *arguments, log):
        self.held = reserved_ports(len(PORTS))
        self.ports = {name: held.getsockname()[1] for name, held in zip(PORTS, self.held)}
        self.command = [program, "start", *(f"--{name}={port}" for name, port in self.ports.items()), *arguments]
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(("FLAGD_", "OTEL_"))}
        self.log = log
        self.process = None

    def start(self):
        """Starts the daemon and waits until it is ready."""
        self.process = subprocess.Popen(self.command, stdout=self.log, stderr=self.log, env=self.environment)
        deadline = time.monotonic() + PATIENCE
        while not self.ready():
            if self.process.poll() is not None:
                raise AssertionError(f"the daemon ended with {self.process.returncode}: {self.last_words()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"the daemon is not ready after {PATIENCE} s")
            time.sleep(0.02)
        return self

    def last_words(self):
        """The last line that the daemon has written."""
        self.log.flush()
        lines = pathlib.Path(self.log.name).read_text(errors="replace").splitlines()
        return next((line for line in reversed(lines) if line.strip()), "it wrote nothing")

    def ready(self):
        try:
            with urllib.request.urlopen(self.address("management-port") + "/readyz", timeout=1) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def address(self, port):
        return f"http://localhost:{self.ports[port]}"

    def end(self, number=signal.SIGTERM):
        """Signals the daemon, and returns its exit code (-9 for SIGKILL)."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process:
            self.process.kill()
            self.process.wait()
        for held in self.held:
            held.close()


def rewrite(file, before, after):
    """Renames a changed file over the old one, as editors and deployments do."""
    file = pathlib.Path(file)
    text = file.read_text()
    if text.count(before) != 1:
        raise AssertionError(f"`{before}` occurs {text.count(before)} times in {file.name}")
    staged = file.with_suffix(".staged")
    staged.write_text(text.replace(before, after))
    staged.rename(file)
