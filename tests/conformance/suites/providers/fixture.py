"""The fixture of the claims: a daemon, a provider that is connected to it, and the flags."""

import contextlib
import subprocess

from daemon import Daemon, rewrite
from driver import Driver

RPC, IN_PROCESS, FILE = MODES = ("rpc", "in-process", "file")

# Milliseconds. Longer than any call takes, except calls that wait for a stopped daemon.
DEADLINE = 5000
# Seconds from a lost connection until the provider reports an error.
GRACE = 3
OPTIONS = {
    "FLAGD_HOST": "localhost",
    "FLAGD_DEADLINE_MS": str(DEADLINE),
    "FLAGD_RETRY_BACKOFF_MS": "100",
    "FLAGD_RETRY_BACKOFF_MAX_MS": "500",
    "FLAGD_RETRY_GRACE_PERIOD": str(GRACE),
    "FLAGD_OFFLINE_POLL_MS": "100",
}


class Fixture:
    def __init__(self, language, command, mode, program, directory, log):
        self.language, self.command, self.mode, self.program = language, command, mode, program
        self.directory, self.log = directory, log
        self.ending = contextlib.ExitStack()
        self.file = directory / ("flags.json" if mode == FILE else "flags.yaml")
        self.daemon = self.driver = None

    def __enter__(self):
        if self.mode != FILE:
            self.daemon = self.ending.enter_context(self.another_daemon())
            self.daemon.start()
        self.driver = self.ending.enter_context(self.another(self.daemon))
        return self

    def __exit__(self, *_):
        self.ending.close()

    def another_daemon(self, *arguments):
        """A daemon with the flags of this fixture. Not started."""
        sources = [f"--uri=file:{self.directory / name}" for name in ("flags.yaml", "other.yaml")]
        return Daemon(self.program, *sources, "--context-value=region=eu-west-1", *arguments, log=self.log)

    def another(self, daemon, **options):
        """A driver for a daemon, with additional options. The provider is not opened."""
        return Driver(self.command, {**OPTIONS, **self.place(daemon), **options}, self.log)

    def place(self, daemon):
        if self.mode == FILE:
            # Node's provider uses `in-process` with a file for this mode, the others `file`.
            resolver = "in-process" if self.language == "node" else "file"
            return {"FLAGD_RESOLVER": resolver, "FLAGD_OFFLINE_FLAG_SOURCE_PATH": str(self.file)}
        port = str(daemon.ports["port" if self.mode == RPC else "sync-port"])
        # Some providers use `FLAGD_PORT` for the sync port as well.
        return {"FLAGD_RESOLVER": self.mode, "FLAGD_PORT": port, **({"FLAGD_SYNC_PORT": port} if self.mode == IN_PROCESS else {})}

    def turn(self, before, after):
        """Changes the default variant of the changing flag."""
        style = '"defaultVariant": "%s"' if self.mode == FILE else "defaultVariant: %s"
        rewrite(self.file, style % before, style % after)

    def banner(self):
        return self.driver.ask("string", "live.banner", "mine")

    def certificate(self):
        """Creates a self-signed certificate for localhost and its key, and returns their files."""
        certificate, key = self.directory / "certificate.pem", self.directory / "key.pem"
        if not key.exists():
            names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"]
            kind = ["-newkey", "rsa:2048", "-nodes", "-days", "2"]
            files = ["-keyout", key, "-out", certificate]
            subprocess.run(["openssl", "req", "-x509", *kind, *names, *files], check=True, capture_output=True)
        return certificate, key
