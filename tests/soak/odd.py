"""Scrapes, probes, and requests that are refused: each must be refused in its way, and with no effect on others."""
import itertools
import time

import grpc
import grpc.aio

import flags
from http1 import Closed, Connection
from pace import again, at_rate

SCRAPE, PROBE, REFUSED = 0.2, 1, 4
RESOLVE = "/flagd.evaluation.v1.Service/"
STRING = flags.key(next(flag for flag in range(flags.COUNT) if flags.kind(flag) == "string"))
# A request, the status and a part of its answer.
REQUESTS = [
    ("port", "POST", RESOLVE + "ResolveString", b'{"flagKey":"no such flag"}', 404, b"not_found"),
    ("port", "POST", RESOLVE + "ResolveBoolean", b'{"flagKey":"%s"}' % STRING.encode(), 400, b"Type mismatch"),
    ("port", "POST", RESOLVE + "ResolveString", b'{"flagKey":', 400, b"invalid_argument"),
    ("port", "POST", RESOLVE + "ResolveString", b'\xff\xfe', 400, b"invalid_argument"),
    ("port", "POST", RESOLVE + "ResolveNothing", b"{}", 404, b""),
    ("port", "PUT", RESOLVE + "ResolveString", b"{}", 405, b""),
    ("port", "POST", "/nowhere", b"{}", 404, b""),
    ("port", "POST", RESOLVE + "ResolveAll", b"x" * 1_100_000, 429, b"resource_exhausted"),
    ("ofrep-port", "POST", "/ofrep/v1/evaluate/flags/nothing", b"{}", 404, b"FLAG_NOT_FOUND"),
    ("ofrep-port", "POST", "/ofrep/v1/evaluate/flags", b"{", 400, b"errorDetails"),
    ("ofrep-port", "GET", "/ofrep/v1/elsewhere", b"", 404, b""),
]
# Bytes that are no HTTP, a request that breaks off, and an HTTP/2 frame out of place.
BYTES = [b"garbage\r\n\r\n", b"\x16\x03\x01\x00\x05hello", b"POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\n{", b"POST / HTTP/1.1\r\nHos",
         b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x04\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00"]


class Odd:
    def __init__(self, ports):
        self.ports = ports

    def clients(self):
        return [self.management("metrics", SCRAPE, "/metrics", b"feature_flag"), self.management("healthz", PROBE, "/healthz", b""),
                self.management("readyz", PROBE, "/readyz", b""), self.refused, self.broken, self.refused_grpc]

    def management(self, kind, rate, path, part):
        """A probe or scrape, on a new connection each time."""
        async def client(stop, record):
            async def once():
                begun = time.monotonic()
                async with Connection(self.ports["management-port"]) as connection:
                    status, _, body = await connection.call("GET", path)
                record.done(kind, begun, None if status == 200 and part in body else f"status {status}: {body[:100]}")
            await again(stop, record, kind, lambda: at_rate(stop, rate, once))
        return client

    async def refused(self, stop, record):
        requests = itertools.cycle(REQUESTS)

        async def once():
            port, method, path, body, wanted, part = next(requests)
            begun = time.monotonic()
            async with Connection(self.ports[port]) as connection:
                status, _, answer = await connection.call(method, path, body)
            record.done("refused", begun, None if status == wanted and part in answer else f"status {status} for {method} {path}: {answer[:100]}")
        await again(stop, record, "refused", lambda: at_rate(stop, REFUSED, once))

    async def broken(self, stop, record):
        """Bytes after which the server may answer or close, and after which the client leaves."""
        pieces = itertools.cycle(BYTES)

        async def once():
            begun = time.monotonic()
            async with Connection(self.ports["port"]) as connection:
                connection.writer.write(next(pieces))
                connection.writer.write_eof()
                try:
                    status, _ = await connection.head()
                    mistake = None if status in (400, 408, 505) else f"status {status} for bytes"
                except (Closed, ValueError, IndexError):
                    mistake = None
            record.done("broken", begun, mistake)
        await again(stop, record, "broken", lambda: at_rate(stop, 1, once))

    async def refused_grpc(self, stop, record):
        """Calls that end with a status."""
        cases = itertools.cycle([("ResolveString", b"\x0a\x02xy", grpc.StatusCode.NOT_FOUND), ("ResolveString", b"\xff\xff", grpc.StatusCode.INVALID_ARGUMENT)])
        async with grpc.aio.insecure_channel(f"127.0.0.1:{self.ports['port']}") as channel:
            async def once():
                method, request, wanted = next(cases)
                begun = time.monotonic()
                try:
                    await channel.unary_unary(RESOLVE + method)(request, timeout=10)
                    code = None
                except grpc.aio.AioRpcError as why:
                    code = why.code()
                record.done("refused-grpc", begun, None if code == wanted else f"code {code} for {method}")
            await again(stop, record, "refused-grpc", lambda: at_rate(stop, 1, once))
