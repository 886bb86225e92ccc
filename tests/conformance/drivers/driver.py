"""The client of a driver: starts its process, sends requests and collects events. README.md describes the protocol."""

import itertools
import json
import os
import subprocess
import threading
import time

# Seconds. Far longer than any step takes, so only failures reach it.
DEADLINE = 20


class Refused(Exception):
    """A request failed in the driver; the text is the error of its language."""


class Driver:
    """A provider in a separate process. Its options are environment variables, the same ones in all languages."""

    def __init__(self, command, options, log):
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("FLAGD_", "OTEL_"))}
        self.process = subprocess.Popen(
            command, env={**environment, **options}, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
        )
        self.numbers = itertools.count()
        self.changed = threading.Condition()
        self.answers, self.events, self.hello, self.ended = {}, [], None, False
        threading.Thread(target=self._read, daemon=True).start()
        self._until("the driver says hello", lambda: self.hello)

    def _read(self):
        for line in self.process.stdout:
            said = json.loads(line)
            with self.changed:
                if "event" in said:
                    self.events.append(said)
                elif "id" in said:
                    self.answers[said["id"]] = said
                else:
                    self.hello = said
                self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def _until(self, what, look, deadline=DEADLINE):
        """Waits until `look` returns a true value, and returns it."""
        with self.changed:
            found = self.changed.wait_for(lambda: look() or self.ended, deadline)
        if not found or found is True:
            raise AssertionError(f"{'the driver ended before' if found else f'not within {deadline} s'}: {what}")
        return found

    def call(self, verb, deadline=DEADLINE, **words):
        """Sends a request and returns its result. Raises Refused with the error of the provider."""
        number = next(self.numbers)
        self.process.stdin.write(json.dumps({"id": number, "verb": verb, **words}) + "\n")
        self.process.stdin.flush()
        said = self._until(f"an answer to `{verb}`", lambda: self.answers.pop(number, None), deadline)
        if "error" in said:
            raise Refused(said["error"])
        return said["result"]

    def ask(self, kind, key, mine, context=None):
        return self.call("ask", type=kind, key=key, mine=mine, context=context or {})

    def mark(self):
        """The number of events so far, as a start for later searches."""
        with self.changed:
            return len(self.events)

    def event(self, kind, since=0, fits=lambda event: True):
        """The first event of a kind after a mark for which `fits` returns true."""
        if not self.hello["events"]:
            raise AssertionError("the SDK has no events")

        def look():
            return next((each for each in self.events[since:] if each["event"] == kind and fits(each)), None)

        try:
            return self._until(kind, look)
        except AssertionError as why:
            raise AssertionError(f"{why}; there were {self.events[since:]}") from None

    def end(self):
        """Closes the input, upon which the driver must exit. Returns the exit code."""
        self.process.stdin.close()
        try:
            return self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the process is still running {DEADLINE} s after the end of its input") from None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def kill(self):
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            pipe.close()


def eventually(what, look, deadline=DEADLINE):
    """Calls `look` until it returns a true value, and returns it. For changes without an event."""
    end = time.monotonic() + deadline
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline} s: {what}")
        time.sleep(0.05)
