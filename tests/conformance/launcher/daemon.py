"""One daemon, under the name `flagd` and as the testbed's launcher runs it: started from a configuration, killed, restarted."""

import json
import os
import subprocess
import threading
import time
import urllib.error
import urllib.request

READY = "http://localhost:8014/readyz"
# Seconds until a daemon that is not ready counts as broken.
PATIENCE = 10
POLL = 0.005
# All flags, by OFREP, which is never TLS in flagd.
FLAGS = "http://localhost:8016/ofrep/v1/evaluate/flags"


class Daemon:
    def __init__(self, directory, flags, until_flags):
        self.directory = directory
        self.until_flags = until_flags
        self.flags = flags
        self.log = open(directory.path / "daemon.log", "wb")
        self.lock = threading.Lock()
        self.process = None
        self.config = "default"
        self.pending = None

    def start(self, config=None):
        """Runs `flagd start --config` until it is ready. Raises RuntimeError if it ends before, or takes too long."""
        with self.lock:
            self._cancel()
            self._kill()
            self.config = config or self.config
            if not self.flags.combined.exists():
                self.flags.combine()
            self._run()
        self._wait(self.process)

    def stop(self):
        """Kills it as a crash would: it gets no chance to say goodbye."""
        with self.lock:
            self._cancel()
            self._kill()

    def restart(self, seconds):
        """Kills it, takes the combined flags away, and starts it again later. Returns at once."""
        with self.lock:
            self._cancel()
            self.flags.combined.unlink(missing_ok=True)
            self._kill()
            self.pending = threading.Timer(seconds, self._restarted)
            self.pending.daemon = True
            self.pending.start()

    def _restarted(self):
        timer = threading.current_thread()
        with self.lock:
            # A start that came in between has the last word.
            if self.pending is not timer:
                return
            self.pending = None
            if not self.flags.combined.exists():
                self.flags.combine()
            self._run()

    def _run(self):
        command = ["./flagd", "start", "--config", f"./configs/{self.config}.json"]
        self.process = subprocess.Popen(command, cwd=self.directory.path, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def _cancel(self):
        if self.pending is not None:
            self.pending.cancel()
            self.pending = None

    def _kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _wait(self, process):
        deadline = time.monotonic() + PATIENCE
        while not (ready() and (not self.until_flags or has_flags())):
            if process.poll() is not None:
                raise RuntimeError(f"flagd ended with {process.returncode}: {self._last_words()}")
            if time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"flagd is not ready after {PATIENCE} s: {self._last_words()}")
            time.sleep(POLL)

    def _last_words(self):
        with open(self.directory.path / "daemon.log", "rb") as log:
            log.seek(max(0, os.fstat(log.fileno()).st_size - 2000))
            return log.read().decode(errors="replace")


def ready():
    try:
        with urllib.request.urlopen(READY, timeout=0.5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def has_flags():
    asked = urllib.request.Request(FLAGS, b"{}", {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(asked, timeout=0.5) as answer:
            return bool(json.load(answer)["flags"])
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
