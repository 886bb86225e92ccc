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


def free_ports(count):
    """Free ports below the ephemeral range: while the daemon is down, the kernel could otherwise give its port to the
        outgoing connection of a client."""
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
        """Starts the daemon and waits until it is ready."""
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
        """Signals the daemon, and returns its exit code (-9 for SIGKILL)."""
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
        raise AssertionError(f"`{before}` occurs {text.count(before)} times in {file.name}")
    staged = file.with_suffix(".staged")
    staged.write_text(text.replace(before, after))
    staged.rename(file)
