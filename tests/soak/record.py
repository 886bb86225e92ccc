"""Latencies and failures of a client process, sent to the main process every second."""
import collections
import time

EXAMPLES = 40


class Record:
    def __init__(self, queue):
        self.queue = queue
        self.latencies = collections.defaultdict(list)
        self.failures = collections.Counter()
        self.examples = []

    def done(self, kind, begun, mistake=None):
        """Records a call, and its mistake if there is one."""
        self.latency(kind, (time.monotonic() - begun) * 1e3)
        if mistake:
            self.failed(kind, mistake)

    def latency(self, kind, milliseconds):
        self.latencies[kind].append(round(milliseconds, 3))

    def failed(self, kind, mistake):
        """The text up to the first colon is the reason; the rest is an example of it."""
        self.failures[f"{kind}: {str(mistake).split(':')[0][:80]}"] += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(f"{time.strftime('%H:%M:%S')} {kind}: {str(mistake)[:300]}")

    def flush(self):
        self.queue.put((dict(self.latencies), dict(self.failures), self.examples))
        self.latencies.clear()
        self.failures.clear()
        self.examples = []
