"""What a scenario found: figures, and the expectations that did not hold."""
import threading, time
from sidecar import MOST_REPORT, MOST_SHUTDOWN, until


class Report:
    """The figures of one scenario. `expect` records what must hold; a scenario goes on to show all that does not."""

    def __init__(self, name):
        self.name, self.facts, self.failures = name, [], []

    def note(self, fact):
        self.facts.append(fact)

    def expect(self, holds, fact):
        self.facts.append(fact if holds else f"NOT AS EXPECTED: {fact}")
        if not holds:
            self.failures.append(fact)

    def print(self):
        print(f"{self.name}: {'; '.join(self.facts)}", flush=True)

    def reported(self, sidecar, in_body, metric, since):
        """Expects `/readyz` (unless `in_body` is None) and a metric to report a fault within 5 s of `since`."""
        text, at_body, at_metric = "", None, None
        def look():
            nonlocal text, at_body, at_metric
            if in_body and at_body is None:
                text = " ".join(sidecar.body("management", "/readyz")[1].split())
                at_body = time.monotonic() - since if in_body in text else None
            if at_metric is None and sidecar.metric(metric):
                at_metric = time.monotonic() - since
            return (at_body is not None or not in_body) and at_metric is not None
        until(look, MOST_REPORT + 3 - (time.monotonic() - since), 0.05)
        if in_body:
            self.expect_within(at_body, f"in /readyz ({text!r})")
        self.expect_within(at_metric, f"in {metric}")

    def expect_within(self, seconds, fact, most=MOST_REPORT):
        """Expects something to have happened in time."""
        self.expect(seconds is not None and seconds <= most, f"{fact} " + ("never" if seconds is None else f"after {seconds:.1f} s"))

    def serves(self, sidecar, version, when):
        """Expects the flags of a version to be in force."""
        value = sidecar.value()
        self.expect(value == str(version), f"{when}: version {value}")

    def sees_edit(self, sidecar, version, most=5, what="an edit"):
        """Expects a version to be served soon."""
        seen = until(lambda: sidecar.value() == str(version), most)
        self.expect(seen is not None, f"{what} served " + (f"after {seen:.2f} s" if seen is not None else f"not within {most} s"))

    def ends(self, sidecar, when="SIGTERM during the fault", most=MOST_SHUTDOWN):
        """Expects SIGTERM to end the process in time."""
        seconds, code = sidecar.terminate()
        self.expect(seconds <= most and code == 0, f"{when}: ended after {seconds:.2f} s with {code}")

    def memory_returns(self, sidecar, before, most=4.0, wait=60):
        """Expects the resident memory to be near that of before, 60 s later at the latest."""
        until(lambda: sidecar.resident() <= before + most, wait, 1)
        self.expect(sidecar.resident() <= before + most, f"RSS {before:.1f} -> {sidecar.resident():.1f} MiB at the end")


class Callers:
    """Evaluates one flag again and again on a connection of its own, and records failures and durations."""

    def __init__(self, sidecar, interval=0.01):
        self.sidecar, self.interval = sidecar, interval
        self.durations, self.failures, self.values, self.stopped = [], [], [], False
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        while not self.stopped:
            begun = time.perf_counter()
            try:
                value = self.sidecar.value()
            except (OSError, ValueError) as error:
                value = None
                self.failures.append(f"{type(error).__name__}: {error}")
            self.durations.append((time.perf_counter() - begun) * 1e3)
            if value is not None and value not in self.values[-1:]:
                self.values.append(value)
            time.sleep(self.interval)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped = True
        self.thread.join(30)

    def figures(self):
        ordered = sorted(self.durations) or [0]
        return f"{len(self.durations)} evaluations, {len(self.failures)} failed, p99 {ordered[len(ordered) * 99 // 100]:.1f} ms, max {ordered[-1]:.1f} ms"
