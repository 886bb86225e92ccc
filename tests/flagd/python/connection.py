"""A connection with one request on it, whose answer is read as it comes."""

import dataclasses
import socket
import time


@dataclasses.dataclass
class Answer:
    """What came back so far."""

    headers: list = dataclasses.field(default_factory=list)
    data: bytes = b""
    trailers: list = dataclasses.field(default_factory=list)
    ended: str = ""


class Connection:
    """What the versions of HTTP have in common; each has a `take_in` of its own for bytes that arrive."""

    def __init__(self, port, timeout):
        self.deadline = time.monotonic() + timeout
        self.answer = Answer()
        self.raw = b""
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)

    def pump(self):
        """Takes in what arrives next; false when nothing can or the deadline has passed."""
        left = self.deadline - time.monotonic()
        if self.answer.ended or left <= 0:
            return False
        try:
            self.socket.settimeout(left)
            data = self.socket.recv(65536)
        except TimeoutError:
            return False
        except OSError:
            # Whether a connection is closed or reset depends on what was still unread.
            self.answer.ended = "closed"
            return False
        self.take_in(data)
        return not self.answer.ended

    def whole(self):
        """The answer once it has ended, or as far as it is at the deadline."""
        while self.pump():
            pass
        self.close()
        return self.answer

    def until(self, enough, timeout):
        """Reads until `enough(answer)` or the time has passed."""
        self.deadline = time.monotonic() + timeout
        while not enough(self.answer) and self.pump():
            pass
        return self.answer

    def close(self):
        self.socket.close()
