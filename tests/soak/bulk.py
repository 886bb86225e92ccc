"""Evaluations of all flags at once, whose answers must be of one generation: OFREP with conditional requests, gRPC."""
import json
import random
import time

import grpc.aio
from google.protobuf.json_format import MessageToDict
from openfeature.schemas.protobuf.flagd.evaluation.v1 import evaluation_pb2 as messages

import contexts
import flags
from http1 import Connection
from pace import again, at_rate

PATH = "/ofrep/v1/evaluate/flags"
RATE = 0.5
NUMBERS = {flags.key(flag): flag for flag in range(flags.COUNT)}


def checked(clock, oldest, context, answers):
    """The generation of answers, a list of (key, variant, value, metadata), and their mistake."""
    revisions = [None] * flags.COUNT
    for key, variant, value, metadata in answers:
        flag = NUMBERS[key]
        edit = revisions[flag] = int(metadata["revision"])
        if variant != flags.expected(flag, context.attributes) or value != flags.value(flag, variant, edit):
            return None, f"wrong answer in bulk: flag {flag}, {variant}, {value!r}, edit {edit}, for {context.json[:300]}"
    if None in revisions:
        return None, f"flags are missing in bulk: {revisions.count(None)}"
    return clock.torn(revisions, oldest)


class Bulk:
    def __init__(self, ports, clock):
        self.ports, self.clock, self.known = ports, clock, contexts.all_contexts()

    async def ofrep(self, stop, record):
        async def connected():
            async with Connection(self.ports["ofrep-port"]) as connection:
                await at_rate(stop, RATE, lambda: self.twice(connection, record))
        await again(stop, record, "bulk-ofrep", connected)

    async def twice(self, connection, record):
        """A request, and a second one with the tag of the first answer."""
        context = random.choice(self.known)
        tag, generation = await self.once(connection, record, context, "bulk-ofrep", None, None)
        await self.once(connection, record, context, "bulk-ofrep-conditional", tag, generation)

    async def once(self, connection, record, context, kind, tag, known):
        oldest, begun = self.clock.oldest(), time.monotonic()
        condition = f"If-None-Match: {tag}\r\n" if tag else ""
        status, fields, body = await connection.call("POST", PATH, f'{{"context":{context.json}}}'.encode(), condition)
        # Checking takes longer than the call, so the time is taken before.
        record.latency(kind, (time.monotonic() - begun) * 1e3)
        if status == 304 and tag:
            if known is not None and known < oldest:
                record.failed(kind, f"not modified although it was: answer {known}, oldest {oldest}")
            return tag, known
        if status != 200:
            record.failed(kind, f"status {status}: {body[:200]}")
            return None, None
        answers = [(each["key"], each["variant"], each["value"], each["metadata"]) for each in json.loads(body)["flags"]]
        generation, mistake = checked(self.clock, oldest, context, answers)
        if mistake:
            record.failed(kind, mistake)
        return fields["etag"], generation

    async def grpc(self, stop, record):
        async with grpc.aio.insecure_channel(f"127.0.0.1:{self.ports['port']}") as channel:
            call = channel.unary_unary("/flagd.evaluation.v1.Service/ResolveAll")
            await again(stop, record, "bulk-grpc", lambda: at_rate(stop, RATE, lambda: self.all(call, record)))

    async def all(self, call, record):
        context = random.choice(self.known)
        oldest, begun = self.clock.oldest(), time.monotonic()
        data = await call(contexts.bulk_request(context), timeout=10)
        record.latency("bulk-grpc", (time.monotonic() - begun) * 1e3)
        answers = [(key, flag.variant, of(flag), flag.metadata) for key, flag in messages.ResolveAllResponse.FromString(data).flags.items()]
        _, mistake = checked(self.clock, oldest, context, answers)
        if mistake:
            record.failed("bulk-grpc", mistake)


def of(flag):
    value = getattr(flag, flag.WhichOneof("value"))
    return MessageToDict(value) if flag.WhichOneof("value") == "object_value" else value
