"""One daemon, which is named `flagd` and is started, killed and restarted as by the testbed's launcher."""

import collections
import http.client
import json
import os
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

READY = "http://localhost:8014/readyz"
# Seconds until a daemon that is not ready counts as broken.
PATIENCE = 10
POLL = 0.005
# OFREP, because it has no TLS in flagd.
FLAG = "http://localhost:8016/ofrep/v1/evaluate/flags/"


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
        """Starts `flagd start --config` and waits until it is ready. Raises RuntimeError if it ends or takes too long."""
        with self.lock:
            self._cancel()
            self._kill()
            self.config = config or self.config
            if not self.flags.combined.exists():
                self.flags.combine()
            self._run()
        self._wait(self.process)

    def stop(self):
        """Kills the daemon with SIGKILL, like a crash."""
        with self.lock:
            self._cancel()
            self._kill()

    def restart(self, seconds):
        """Kills the daemon, removes the combined flags, and starts the daemon again later. Returns immediately."""
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
            # A start in the meantime cancels the restart.
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
        awaited = self._awaited() if self.until_flags else []
        while not (ready() and all(knows(key) for key in awaited)):
            if process.poll() is not None:
                raise RuntimeError(f"flagd ended with {process.returncode}: {self._last_words()}")
            if time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"flagd is not ready after {PATIENCE} s: {self._last_words()}")
            time.sleep(POLL)

    def _awaited(self):
        """A flag per source that no other source has: a daemon that serves it has read the source."""
        config = json.loads((self.directory.path / "configs" / f"{self.config}.json").read_text())
        files = [self.directory.path / each["uri"] for each in config["sources"] if each["provider"] == "file"]
        keys = [list(json.loads(file.read_text())["flags"]) for file in files]
        shared = collections.Counter(key for each in keys for key in each)
        return [next(key for key in each if shared[key] == 1) for each in keys if each]

    def _last_words(self):
        with open(self.directory.path / "daemon.log", "rb") as log:
            log.seek(max(0, os.fstat(log.fileno()).st_size - 2000))
            return log.read().decode(errors="replace")


def ready():
    try:
        with urllib.request.urlopen(READY, timeout=0.5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError):
        return False


def knows(key):
    asked = urllib.request.Request(FLAG + urllib.parse.quote(key, safe=""), b"{}", {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(asked, timeout=0.5):
            return True
    except urllib.error.HTTPError as error:
        # Other errors mean that the flag exists.
        return error.code != 404
    except (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError):
        return False
