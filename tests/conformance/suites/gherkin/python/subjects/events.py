"""Events of a subject, in order of arrival."""

import threading

# Seconds. Longer than any outage of a connection and the reconnection after it.
PATIENCE = 20


class Events:
    def __init__(self):
        self.changed = threading.Condition()
        self.seen = []

    def add(self, name, details=()):
        with self.changed:
            self.seen.append((name, details))
            self.changed.notify_all()

    def next(self, name, patience=PATIENCE):
        """Waits for an event and returns its details. Discards earlier events and keeps later ones."""
        with self.changed:
            came = self.changed.wait_for(lambda: any(seen == name for seen, _ in self.seen), patience)
            assert came, f"no {name} event in {patience} s, but {self.seen}"
            at = next(i for i, (seen, _) in enumerate(self.seen) if seen == name)
            details = self.seen[at][1]
            del self.seen[: at + 1]
            return details
