"""A daemon of its own for a check, which can be killed and started again on the same ports."""

import os
import pathlib
import random
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

# Seconds until a daemon that is not up, or not down, counts as broken.
PATIENCE = 20
PORTS = ("port", "management-port", "sync-port", "ofrep-port")


def free_ports(count):
    """Free ports below those that the kernel hands out to connections: while the daemon is down, a client that tries
    to reconnect could get the very port as its own."""
    ports = set()
    while len(ports) < count:
        port = random.randint(10_000, 30_000)
        try:
            socket.create_server(("", port)).close()
            ports.add(port)
        except OSError:
            continue
    return ports


class Daemon:
    def __init__(self, program, *arguments, log):
        self.ports = dict(zip(PORTS, free_ports(len(PORTS))))
        self.command = [program, "start", *(f"--{name}={port}" for name, port in self.ports.items()), *arguments]
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(("FLAGD_", "OTEL_"))}
        self.log = log
        self.process = None

    def start(self):
        """Starts it and waits until it says that it is ready."""
        self.process = subprocess.Popen(self.command, stdout=self.log, stderr=self.log, env=self.environment)
        deadline = time.monotonic() + PATIENCE
        while not self.ready():
            if self.process.poll() is not None:
                raise AssertionError(f"the daemon ended with {self.process.returncode}")
            if time.monotonic() > deadline:
                raise AssertionError(f"the daemon is not ready after {PATIENCE} s")
            time.sleep(0.02)
        return self

    def ready(self):
        try:
            with urllib.request.urlopen(self.address("management-port") + "/readyz", timeout=1) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def address(self, port):
        return f"http://localhost:{self.ports[port]}"

    def end(self, number=signal.SIGTERM):
        """Signals it, and returns its exit code: of SIGKILL, -9."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process:
            self.process.kill()
            self.process.wait()


def rewrite(file, before, after):
    """Renames a changed file over the old one, as editors and deployments do."""
    file = pathlib.Path(file)
    text = file.read_text()
    if text.count(before) != 1:
        raise AssertionError(f"`{before}` stands {text.count(before)} times in {file.name}")
    staged = file.with_suffix(".staged")
    staged.write_text(text.replace(before, after))
    staged.rename(file)
