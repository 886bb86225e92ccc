"""A client of the evaluation service: Connect with JSON over HTTP/1.1, an event stream, and a cache like providers'."""

import contextlib
import http.client
import json
import socket
import ssl
import struct
import urllib.parse

import answer
import launcher
from answer import Answer
from reconnecting import Reconnecting

SERVICE = "/flagd.evaluation.v2.Service"
DEADLINE = 1
ERRORS = {"not_found": "FLAG_NOT_FOUND", "invalid_argument": "TYPE_MISMATCH", "data_loss": "PARSE_ERROR"}
ENVELOPE = struct.Struct(">BI")
END_OF_STREAM = 2


class Evaluation:
    def __init__(self, kind, options, events):
        launcher.start(kind)
        self.target = Target(kind, options)
        self.headers = {"Flagd-Selector": options["selector"]} if "selector" in options else {}
        self.caching = options.get("cache") != "disabled"
        self.cache = {}
        self.stream = None
        self.following = Reconnecting(self._follow, events)
        self.following.start()

    def on(self, event):
        self.following.on(event)

    def evaluate(self, kind, key, default, context):
        if key in self.cache:
            return self.cache[key]
        try:
            status, got = self._ask(kind, key, context)
        except OSError as error:
            return answer.failed(default, "GENERAL", repr(error))
        if status != 200:
            return answer.failed(default, ERRORS.get(got["code"], "GENERAL"), got["message"])
        given = answered(kind, default, got)
        if self.caching and given.reason == "STATIC":
            self.cache[key] = Answer(**{**vars(given), "reason": "CACHED"})
        return given

    def close(self):
        self.following.close()
        if self.stream is not None:
            # The shutdown wakes the reader, which closes the stream: closing it here would wait for the reader.
            with contextlib.suppress(OSError):
                self.stream.shutdown(socket.SHUT_RDWR)

    def _ask(self, kind, key, context):
        connection = self.target.connect(DEADLINE)
        try:
            method = {"Integer": "Int"}.get(kind, kind)
            body = json.dumps({"flagKey": key, "context": context})
            connection.request("POST", f"{SERVICE}/Resolve{method}", body, self._headers("application/json"))
            response = connection.getresponse()
            return response.status, json.load(response)
        except http.client.HTTPException as error:
            raise ConnectionError(error) from error
        finally:
            connection.close()

    def _headers(self, content):
        return {"Content-Type": content, "Host": self.target.authority, **self.headers}

    def _follow(self, opened):
        # No deadline, but a timeout that is longer than the 20 s between keep-alive messages detects dead peers.
        connection = self.target.connect(60)
        try:
            connection.connect()
            self.stream = connection.sock
            connection.request("POST", f"{SERVICE}/EventStream", ENVELOPE.pack(0, 2) + b"{}", self._headers("application/connect+json"))
            for message in messages(connection.getresponse()):
                self._told(message, opened)
        except (http.client.HTTPException, ValueError, AttributeError) as error:
            raise ConnectionError(error) from error
        finally:
            connection.close()

    def _told(self, message, opened):
        if message["type"] == "provider_ready":
            self.cache.clear()
            opened()
        elif message["type"] == "configuration_change":
            changed = message["data"]["flags"]
            for key in changed:
                self.cache.pop(key, None)
            self.following.tell("change", changed)


def answered(kind, default, got):
    # Without a value, the caller's default applies; 64-bit integers are strings in protobuf's JSON.
    value = got.get("value", default)
    value = int(value) if kind == "Integer" else value
    return Answer(value, got.get("variant"), got["reason"], None, got.get("metadata", {}))


def messages(response):
    """The messages of a Connect stream, until it ends or fails."""
    while len(head := response.read(ENVELOPE.size)) == ENVELOPE.size:
        flags, size = ENVELOPE.unpack(head)
        body = json.loads(response.read(size))
        if flags & END_OF_STREAM:
            return
        yield body


class Target:
    """The target of a connection: a port with or without TLS, a Unix socket, or an Envoy in front of the daemon."""

    def __init__(self, kind, options):
        self.kind = kind
        self.authority = "localhost"
        self.port = 8013
        if uri := options.get("targetUri"):
            # envoy://HOST:PORT/AUTHORITY
            self.authority = urllib.parse.urlsplit(uri).path.strip("/")
            self.port = launcher.ENVOY

    def connect(self, timeout):
        if self.kind == "socket":
            return UnixConnection(launcher.DIRECTORY / "evaluation.sock", timeout)
        if self.kind == "ssl":
            authority = ssl.create_default_context(cafile=launcher.DIRECTORY / "ssl/custom-root-cert.crt")
            return http.client.HTTPSConnection("localhost", self.port, timeout=timeout, context=authority)
        return http.client.HTTPConnection("localhost", self.port, timeout=timeout)


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)
