"""A stream that is reopened whenever it ends, and its events.

The events are those of providers: ready when the stream is usable, stale when it is lost, and error when it is still
lost after the grace period.
"""

import threading

# Seconds, as in providers' own end-to-end tests.
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
        # As in SDKs: a handler that is added when the stream is ready is called immediately.
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
