"""Thousands of simulated sidecars: each has a connection of its own, follows revisions, and sends receipts."""
import asyncio, struct, time
from http2 import PREFACE, frame, header

SYNC = b"/flagd.sync.v1.FlagSyncService/SyncFlags"
REPORT = b"/fanion.fleet.v1.FleetService/Report"
RECEIVED, APPLIED = 1, 2


def varint(number):
    out = b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


def field(number, value):
    """A field of a protobuf message: a number, or bytes."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def read_varint(data, at):
    number = shift = 0
    while True:
        byte, at = data[at], at + 1
        number, shift = number | (byte & 127) << shift, shift + 7
        if byte < 128:
            return number, at


def numbers_and_bytes(data):
    """The fields of a message with numbers and bytes; the last of each number."""
    found, at = {}, 0
    while at < len(data):
        key, at = read_varint(data, at)
        value, at = read_varint(data, at)
        if key & 7 == 2:
            value, at = data[at : at + value], at + value
        found[key >> 3] = value
    return found


def message(body):
    return b"\0" + struct.pack(">I", len(body)) + body


def headers(stream, path):
    fields = [(b":method", b"POST"), (b":scheme", b"http"), (b":path", path), (b":authority", b"x"),
              (b"content-type", b"application/grpc"), (b"te", b"trailers")]
    return frame(1, 4, stream, b"".join(header(*pair) for pair in fields))


class Simulated:
    """One sidecar. `have` is the revision that it has from an earlier connection."""

    def __init__(self, port, number, have=None):
        self.port, self.uid, self.name = port, f"uid-{number}".encode(), f"simulated-{number}".encode()
        self.have, self.revision, self.at, self.task, self.documents = have, 0, None, None, 0

    async def connect(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        replica = field(1, self.uid) + field(2, self.name)
        request = field(1000, replica) + field(1002, 1)
        if self.have:
            epoch, revision, content_hash = self.have
            request += field(1001, field(1, epoch) + field(2, revision) + field(3, content_hash))
        window = frame(4, 0, 0, struct.pack(">HI", 4, 2**31 - 1)) + frame(8, 0, 0, struct.pack(">I", 2**30))
        self.writer.write(PREFACE + window + headers(1, SYNC) + frame(0, 1, 1, message(request)) + headers(3, REPORT))
        self.task = asyncio.create_task(self.follow())

    async def follow(self):
        pending = b""
        try:
            while True:
                head = await self.reader.readexactly(9)
                kind, flags, stream = head[3], head[4], int.from_bytes(head[5:9], "big")
                payload = await self.reader.readexactly(int.from_bytes(head[:3], "big"))
                if kind == 4 and not flags & 1:
                    self.writer.write(frame(4, 1, 0, b""))
                elif kind == 6 and not flags & 1:
                    self.writer.write(frame(6, 1, 0, payload))
                elif kind == 0 and stream == 1:
                    pending += payload
                    while len(pending) >= 5 and len(pending) >= 5 + (length := int.from_bytes(pending[1:5], "big")):
                        self.receive(pending[5 : 5 + length])
                        pending = pending[5 + length :]
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass

    def receive(self, body):
        fields = numbers_and_bytes(body)
        self.documents += bool(fields.get(1))
        self.have = (fields.get(1001, 0), fields[1000], fields[1002])
        for state in (RECEIVED, APPLIED):
            receipt = field(1, field(1, self.uid)) + field(3, fields[1000]) + field(4, fields[1002]) + field(5, state)
            if fields.get(1001):
                receipt += field(2, fields[1001])
            self.writer.write(frame(0, 0, 3, message(receipt)))
        self.revision, self.at = fields[1000], time.perf_counter()

    def close(self):
        if self.task:
            self.task.cancel()
            self.writer.transport.abort()


async def connect_all(sidecars, at_once=200):
    """Connects all, some at a time."""
    limit = asyncio.Semaphore(at_once)
    async def connect(sidecar):
        async with limit:
            await sidecar.connect()
    await asyncio.gather(*(connect(sidecar) for sidecar in sidecars))


async def all_at(sidecars, revision, most):
    """The seconds until all have a revision, or None."""
    begun = time.perf_counter()
    while time.perf_counter() - begun < most:
        if all(sidecar.revision >= revision for sidecar in sidecars):
            return max(sidecar.at for sidecar in sidecars) - begun
        await asyncio.sleep(0.005)
    return None
