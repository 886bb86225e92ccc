"""A connection with one request, whose response is read incrementally."""

import dataclasses
import socket
import time


@dataclasses.dataclass
class Answer:
    """The response so far."""

    headers: list = dataclasses.field(default_factory=list)
    data: bytes = b""
    trailers: list = dataclasses.field(default_factory=list)
    ended: str = ""


class Connection:
    """The common part of all HTTP versions. Subclasses implement `take_in` for received bytes."""

    def __init__(self, port, timeout):
        self.deadline = time.monotonic() + timeout
        self.answer = Answer()
        self.raw = b""
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)

    def pump(self):
        """Handles the next received bytes. Returns false if the response has ended or the deadline has passed."""
        left = self.deadline - time.monotonic()
        if self.answer.ended or left <= 0:
            return False
        try:
            self.socket.settimeout(left)
            data = self.socket.recv(65536)
        except TimeoutError:
            return False
        except OSError:
            # A close with unread bytes is a reset, so both count as closed.
            self.answer.ended = "closed"
            return False
        self.take_in(data)
        return not self.answer.ended

    def whole(self):
        """Reads until the response has ended or the deadline has passed, and returns the response."""
        while self.pump():
            pass
        self.close()
        return self.answer

    def until(self, enough, timeout):
        """Reads until `enough(answer)` is true or the time has passed."""
        self.deadline = time.monotonic() + timeout
        while not enough(self.answer) and self.pump():
            pass
        return self.answer

    def close(self):
        self.socket.close()
