"""A client with one mode, and its streams."""

import contextlib
import dataclasses
import itertools


@dataclasses.dataclass(frozen=True)
class Mode:
    """A protocol, its codec, and the version of HTTP."""

    protocol: str
    json: bool
    http: str

    def __str__(self):
        return f"{self.protocol}, {'JSON' if self.json else 'protobuf'}, HTTP/{self.http}"


MODES = [
    *(Mode("connect", json, http) for json in (True, False) for http in ("1.1", "2")),
    Mode("grpc", False, "2"),
    *(Mode("grpc-web", False, http) for http in ("1.1", "2")),
]
NUMBERS = itertools.count(1)


class Peer:
    def __init__(self, driver, mode, daemon, file):
        self.driver, self.mode, self.daemon, self.file = driver, mode, daemon, file

    def _words(self, procedure, message, port="port", **more):
        service, _, method = procedure.partition("/")
        spoken = dataclasses.asdict(self.mode)
        return {"address": self.daemon.address(port), "service": service, "method": method, "message": message, **spoken, **more}

    def call(self, procedure, message, **more):
        """The result of a call: `message`, or `code` and `text` of an error; and `headers`."""
        return self.driver.call("unary", **self._words(procedure, message, **more))

    @contextlib.contextmanager
    def stream(self, procedure, message, **more):
        """A stream, which is cancelled at the end."""
        number = next(NUMBERS)
        self.driver.call("follow", stream=number, **self._words(procedure, message, **more))
        try:
            yield Stream(self.driver, number)
        finally:
            self.driver.call("cancel", stream=number)


class Stream:
    def __init__(self, driver, number):
        self.driver, self.number, self.since = driver, number, 0

    def next(self):
        """The next message."""
        found = self.driver.event("message", self.since, lambda each: each["stream"] == self.number)
        self.since = self.driver.events.index(found, self.since) + 1
        return found["message"]

    def end(self):
        """The end of the stream: `code` and `text` of an error, and `headers`."""
        return self.driver.event("end", fits=lambda each: each["stream"] == self.number)
