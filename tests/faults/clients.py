"""Clients that evaluate in a loop and count failures: official providers in processes of their own, and plain HTTP."""
import collections
import json
import socket
import ssl
import threading
import time

from driver import Driver, Refused
from http2 import PREFACE, RESOLVE_STRING, frame, frames, header, post

FLAGS = [{"type": "string", "key": key, "mine": "mine"} for key in ("targeted.ring", "live.targeted", "live.banner", "targeted.number")]
CONTEXTS = [{"targetingKey": "user-1", "ring": "beta", "age": 30}, {"targetingKey": "user-2", "ring": "general"}]
# For each context and flag, the variants that are right at some time.
WANTED = [[{"modern"}, {"old", "new"}, {"before", "after"}, {"yes"}], [{"classic"}, {"old", "new"}, {"before", "after"}, {"no"}]]
# Seconds between two rounds of a client.
PAUSE = 0.1


class Client(threading.Thread):
    """Evaluates until it is stopped. A failure is an error, a wrong variant, or the caller's default."""

    def __init__(self, name):
        super().__init__(daemon=True)
        self.name, self.count, self.longest, self.stopping = name, 0, 0, threading.Event()
        self.failures, self.examples, self.last = collections.Counter(), [], None

    def run(self):
        while not self.stopping.wait(PAUSE):
            begun = time.monotonic()
            try:
                self.round()
            except Exception as why:
                self.failed(f"{type(why).__name__}: {why}")
            self.longest = max(self.longest, time.monotonic() - begun)

    def failed(self, why):
        self.failures[str(why)[:120]] += 1
        if len(self.examples) < 5:
            self.examples.append((time.strftime("%H:%M:%S"), str(why)[:300]))

    def checked(self, rows):
        for row, wanted_row in zip(rows, WANTED):
            for flag, variant, wanted in zip(FLAGS, row, wanted_row):
                self.count += 1
                if variant not in wanted:
                    self.failed(f"{flag['key']}: {variant or 'the default'}")
        self.last = rows

    def stop(self):
        self.stopping.set()
        self.join()


class Provider(Client):
    """An official provider."""

    def __init__(self, name, command, options, log):
        super().__init__(name)
        self.driver = Driver(command, options, log)
        self.driver.call("open", deadline=60)
        self.start()

    def round(self):
        try:
            self.checked(self.driver.call("sweep", flags=FLAGS, contexts=CONTEXTS, deadline=60))
        except Refused as why:
            self.failed(why)

    def stop(self):
        super().stop()
        if self.driver.process.poll() is None:
            self.driver.kill()


class Http1(Client):
    """Connect (JSON) over HTTP/1.1. Opens a new connection when the server has said so, or for every round.
    A connection that was closed while it was idle is noticed before it is used, as HTTP clients do."""

    def __init__(self, name, port, tls=None, new=False):
        super().__init__(name)
        self.port, self.tls, self.new, self.connection, self.serial, self.opened = port, tls, new, None, None, 0
        self.start()

    def open(self):
        self.opened += 1
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        if self.tls:
            connection = self.tls.wrap_socket(connection, server_hostname="localhost")
            self.serial = connection.getpeercert()["serialNumber"]
        return connection

    def closed(self):
        """Whether the server has closed the idle connection."""
        self.connection.setblocking(False)
        try:
            return self.connection.recv(1) == b""
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        except OSError:
            return True
        finally:
            self.connection.settimeout(20)

    def round(self):
        self.checked([[self.ask(flag["key"], context) for flag in FLAGS] for context in CONTEXTS])
        if self.new:
            self.leave()

    def ask(self, key, context):
        if self.connection is not None and self.closed():
            self.leave()
        if self.connection is None:
            self.connection = self.open()
        body = json.dumps({"flagKey": key, "context": context}).encode()
        try:
            self.connection.sendall(post(RESOLVE_STRING, body))
            data = b""
            while b"\r\n\r\n" not in data or len(data.split(b"\r\n\r\n", 1)[1]) < int(data.lower().split(b"content-length: ")[1].split(b"\r\n")[0]):
                chunk = self.connection.recv(65536)
                if not chunk:
                    raise ConnectionError("closed before the response")
                data += chunk
        except OSError:
            self.leave()
            raise
        if b"connection: close" in data.lower():
            self.leave()
        return json.loads(data.split(b"\r\n\r\n", 1)[1])["variant"]

    def leave(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None


class Http2(Client):
    """Connect (JSON) over HTTP/2, with a new connection for every round."""

    def __init__(self, name, port, tls=None):
        super().__init__(name)
        self.port, self.tls, self.serial, self.opened = port, tls, None, 0
        self.start()

    def round(self):
        self.opened += 1
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_hostname="localhost")
                if connection.selected_alpn_protocol() != "h2":
                    raise ConnectionError("no h2 by ALPN")
                self.serial = connection.getpeercert()["serialNumber"]
            asked = [(flag["key"], context) for context in CONTEXTS for flag in FLAGS]
            connection.sendall(PREFACE + frame(4, 0, 0, b"") + b"".join(self.request(2 * i + 1, *each) for i, each in enumerate(asked)))
            answers = self.answers(connection, len(asked))
            connection.close()
        variants = [json.loads(answers[2 * i + 1])["variant"] for i in range(len(asked))]
        self.checked([variants[: len(FLAGS)], variants[len(FLAGS) :]])

    @staticmethod
    def request(stream, key, context):
        fields = [(b":method", b"POST"), (b":scheme", b"http"), (b":path", RESOLVE_STRING),
                  (b":authority", b"localhost"), (b"content-type", b"application/json")]
        return frame(1, 4, stream, b"".join(header(*field) for field in fields)) + frame(0, 1, stream, json.dumps({"flagKey": key, "context": context}).encode())

    @staticmethod
    def answers(connection, count):
        """The bodies by stream."""
        bodies, ended = collections.defaultdict(bytes), 0
        for kind, flags, stream, payload in frames(connection):
            if kind == 0:
                bodies[stream] += payload
            elif kind == 3:
                raise ConnectionError(f"stream reset with {payload.hex()}")
            ended += kind in (0, 1) and flags & 1
            if ended == count:
                return bodies
        raise ConnectionError(f"closed after {ended} of {count} responses")


def trusting(authority, *protocols):
    context = ssl.create_default_context(cafile=str(authority))
    if protocols:
        context.set_alpn_protocols(protocols)
    return context
