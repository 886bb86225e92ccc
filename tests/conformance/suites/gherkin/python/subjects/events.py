"""Events of a subject, in the order in which they came."""

import threading

# Seconds. Longer than a connection is ever lost for, and what comes then.
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
        """Waits for an event and returns its details. What came before it is forgotten, what comes after it is not."""
        with self.changed:
            came = self.changed.wait_for(lambda: any(seen == name for seen, _ in self.seen), patience)
            assert came, f"no {name} event in {patience} s, but {self.seen}"
            at = next(i for i, (seen, _) in enumerate(self.seen) if seen == name)
            details = self.seen[at][1]
            del self.seen[: at + 1]
            return details
