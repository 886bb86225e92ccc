"""A stream that is opened again whenever it ends, and what that means for whoever listens.

ready when it says so, stale when it is lost, error when it stays lost for the grace period: as providers have it.
"""

import threading

# Seconds, as providers' own end-to-end tests have them.
GRACE = 2
RETRY = 0.1
PATIENCE = 10


class Reconnecting:
    """`follow(opened)` reads one stream to its end, and calls `opened()` when it is usable. It may raise OSError."""

    def __init__(self, follow, events):
        self.follow = follow
        self.events = events
        self.wanted = set()
        self.ready = threading.Event()
        self.closed = threading.Event()
        self.grace = None
        self.last = None
        self.thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self.thread.start()
        assert self.ready.wait(PATIENCE), f"the stream is not ready after {PATIENCE} s: {self.last!r}"

    def on(self, event):
        self.wanted.add(event)
        # As SDKs have it: who asks when it is ready is told at once.
        if event == "ready" and self.ready.is_set():
            self.events.add("ready")

    def tell(self, event, details=()):
        if event in self.wanted:
            self.events.add(event, details)

    def close(self):
        self.closed.set()
        self._end_of_grace()

    def _run(self):
        while not self.closed.is_set():
            try:
                self.follow(self._opened)
            except OSError as error:
                self.last = error
            self._lost()
            self.closed.wait(RETRY)

    def _opened(self):
        self._end_of_grace()
        self.ready.set()
        self.tell("ready")

    def _lost(self):
        if not self.ready.is_set() or self.closed.is_set():
            return
        self.ready.clear()
        self.tell("stale")
        self.grace = threading.Timer(GRACE, self.tell, ["error"])
        self.grace.daemon = True
        self.grace.start()

    def _end_of_grace(self):
        if self.grace is not None:
            self.grace.cancel()
            self.grace = None
