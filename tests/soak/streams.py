"""Streams that stay and streams that come and go: events over gRPC, flag sync over gRPC, OFREP's change stream."""
import asyncio
import json

import grpc.aio
from google.protobuf.json_format import MessageToDict
from openfeature.schemas.protobuf.flagd.evaluation.v1 import evaluation_pb2 as messages
from openfeature.schemas.protobuf.flagd.sync.v1 import sync_pb2 as sync

import flags
from bulk import NUMBERS
from http1 import Connection
from pace import again

EVENTS, SYNCS, CHANGES = 3, 2, 1
# Seconds that a stream without a message counts as broken, with a reload a second.
SILENT = 10
# Seconds that a stream is open, and that it is closed.
OPEN, CLOSED = 4, 2


class Streams:
    def __init__(self, ports, clock):
        self.ports, self.clock = ports, clock

    def clients(self):
        stay, go = 10**9, OPEN
        return [
            *(self.client("events", self.events, stay) for _ in range(EVENTS)),
            *(self.client("sync", self.documents, stay) for _ in range(SYNCS)),
            *(self.client("changes", self.changes, stay) for _ in range(CHANGES)),
            self.client("events-new", self.events, go),
            self.client("sync-new", self.documents, go),
            self.client("changes-new", self.changes, go),
        ]

    def client(self, kind, stream, seconds):
        async def client(stop, record):
            async def opened():
                end = asyncio.get_running_loop().time() + seconds
                await stream(record, kind, lambda: stop.is_set() or asyncio.get_running_loop().time() > end)
                if not stop.is_set():
                    await asyncio.sleep(CLOSED)
            await again(stop, record, kind, opened)
        return client

    async def messages(self, port, path, request, ended):
        """The messages of a gRPC stream until `ended`."""
        channel = grpc.aio.insecure_channel(f"127.0.0.1:{self.ports[port]}", options=[("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", -1)])
        async with channel:
            call = channel.unary_stream(path)(request)
            while not ended():
                message = await asyncio.wait_for(call.read(), SILENT)
                if message is grpc.aio.EOF:
                    raise EOFError(f"the stream ended: {await call.code()} {await call.details()}")
                yield message
            call.cancel()

    async def events(self, record, kind, ended):
        """Every edit must be in one event, in order. Events may be merged."""
        told = None
        async for data in self.messages("port", "/flagd.evaluation.v1.Service/EventStream", b"", ended):
            message = messages.EventStreamResponse.FromString(data)
            if message.type != "configuration_change":
                continue
            changed = {NUMBERS[key] for key in MessageToDict(message.data)["flags"]}
            newest = self.clock.announced.value
            generation = max(flags.revision(flag, newest) for flag in changed)
            record.latency(f"{kind} lag", self.clock.lag(generation))
            told, before = generation, told
            if before is None:
                continue
            wanted = {flags.edited(each) for each in range(before + 1, generation + 1)}
            if changed != wanted:
                record.failed(kind, f"wrong event: {sorted(changed)}, expected {sorted(wanted)}, generations {before} to {generation}")
            else:
                self.clock.saw(generation)

    async def documents(self, record, kind, ended):
        """Every document must be of one generation, newer than the one before."""
        told = -1
        request = sync.SyncFlagsRequest(provider_id=kind).SerializeToString()
        oldest = self.clock.oldest()
        async for data in self.messages("sync-port", "/flagd.sync.v1.FlagSyncService/SyncFlags", request, ended):
            document = json.loads(sync.SyncFlagsResponse.FromString(data).flag_configuration)["flags"]
            mistake = next(filter(None, (self.wrong(NUMBERS[key], flag) for key, flag in document.items())), None)
            revisions = [document[flags.key(flag)]["metadata"]["revision"] for flag in range(flags.COUNT)]
            generation, torn = self.clock.torn(revisions, max(oldest, told + 1))
            record.latency(f"{kind} lag", self.clock.lag(generation))
            if mistake or torn:
                record.failed(kind, mistake or torn)
            told = generation

    @staticmethod
    def wrong(flag, definition):
        edit = definition["metadata"]["revision"]
        wanted = {variant: flags.value(flag, variant, edit) for variant in "abc"}
        if definition["variants"] != wanted:
            return f"wrong variants in a document: flag {flag}, {definition['variants']}"

    async def changes(self, record, kind, ended):
        """OFREP's stream of server-sent events: each has another tag than the one before."""
        async with Connection(self.ports["ofrep-port"]) as connection:
            connection.send("GET", "/ofrep/v1/sse")
            status, _ = await connection.head()
            if status != 200:
                raise RuntimeError(f"status {status}")
            tag = None
            while not ended():
                frame = (await asyncio.wait_for(connection.chunk(), SILENT)).decode()
                if not frame:
                    raise EOFError("the stream ended")
                before, tag = tag, next((line for line in frame.split("\n") if line.startswith("id: ")), tag)
                if "event:" in frame and tag == before:
                    record.failed(kind, f"an event without a change: {frame}")
                record.latency(f"{kind} lag", self.clock.lag(self.clock.announced.value))
