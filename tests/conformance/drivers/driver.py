"""A driver's other end: starts a provider's program, asks it, and keeps what it tells by itself. README.md has the protocol."""

import itertools
import json
import os
import subprocess
import threading
import time

# Seconds. Far above what anything here takes: only something broken gets there.
DEADLINE = 20


class Refused(Exception):
    """The driver could not do what it was told; the text is its language's."""


class Driver:
    """A provider in a process of its own. Its options are environment variables, the same ones in all languages."""

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
        """What `look` finds, as soon as it finds something."""
        with self.changed:
            found = self.changed.wait_for(lambda: look() or self.ended, deadline)
        if not found or found is True:
            raise AssertionError(f"{'the driver ended before' if found else f'not within {deadline} s'}: {what}")
        return found

    def call(self, verb, deadline=DEADLINE, **words):
        """Carries out a verb. Raises Refused with what the provider raised."""
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
        """How many events there were so far, to look at later ones only."""
        with self.changed:
            return len(self.events)

    def event(self, kind, since=0, fits=lambda event: True):
        """The first event of a kind after a mark that fits."""
        if not self.hello["events"]:
            raise AssertionError("the SDK has no events")

        def look():
            return next((each for each in self.events[since:] if each["event"] == kind and fits(each)), None)

        try:
            return self._until(kind, look)
        except AssertionError as why:
            raise AssertionError(f"{why}; there were {self.events[since:]}") from None

    def end(self):
        """Closes its input, upon which it has to end by itself; its exit code."""
        self.process.stdin.close()
        try:
            return self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the process goes on {DEADLINE} s after the end of its input") from None

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
    """What `look` finds, asked again until it finds something. For what no event tells."""
    end = time.monotonic() + deadline
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline} s: {what}")
        time.sleep(0.05)
