"""Evaluations of single flags: Connect and OFREP over HTTP/1.1, gRPC over HTTP/2; on connections that stay and on new ones."""
import asyncio
import json
import random
import time

import grpc
import grpc.aio
from google.protobuf.json_format import MessageToDict
from openfeature.schemas.protobuf.flagd.evaluation.v1 import evaluation_pb2 as messages

import contexts
import flags
from http1 import Connection
from pace import again, at_rate, run

SERVICE = "/flagd.evaluation.v1.Service/"
METHODS = {"boolean": "ResolveBoolean", "string": "ResolveString", "integer": "ResolveInt", "float": "ResolveFloat", "object": "ResolveObject"}
# Calls a second, and connections.
CONNECT, CONNECT_NEW, OFREP, OFREP_NEW, GRPC, GRPC_NEW = (80, 4), (8, 1), (40, 2), (4, 1), (80, 4), (1, 1)
TIMEOUT = 10


class Question:
    """A flag and a context, with the oldest generation that the answer may be of."""

    def __init__(self, clock, known):
        self.clock = clock
        # A third of the calls ask for a flag that was edited just now.
        recent = random.random() < 0.33
        self.flag = flags.edited(max(0, clock.announced.value - random.randrange(3))) if recent else random.randrange(flags.COUNT)
        self.context = random.choice(known)
        self.oldest = clock.oldest()
        self.begun = time.monotonic()

    def mistake(self, variant, value, metadata):
        """Says what is wrong with an answer."""
        wanted = flags.expected(self.flag, self.context.attributes)
        if variant != wanted:
            return f"wrong variant: {variant}, expected {wanted} of flag {self.flag} for {self.context.json[:600]}"
        edit = int(metadata["revision"])
        # Connect writes 64-bit integers as text.
        if flags.kind(self.flag) == "integer":
            value = int(value)
        if value != flags.value(self.flag, variant, edit):
            return f"wrong value: {value!r} of flag {self.flag}, variant {variant}, edit {edit}"
        return self.clock.mistake(self.flag, edit, self.oldest)


def of_answer(question, status, body):
    if status != 200:
        return f"status {status}: {body[:200]}"
    answer = json.loads(body)
    return question.mistake(answer["variant"], answer["value"], answer["metadata"])


class Calls:
    def __init__(self, ports, clock):
        self.ports, self.clock, self.known = ports, clock, contexts.all_contexts()

    async def connect(self, connection, record, kind):
        question = Question(self.clock, self.known)
        body = f'{{"flagKey":"{flags.key(question.flag)}","context":{question.context.json}}}'.encode()
        path = SERVICE + METHODS[flags.kind(question.flag)]
        status, _, answer = await connection.call("POST", path, body)
        record.done(kind, question.begun, of_answer(question, status, answer))

    async def ofrep(self, connection, record, kind):
        question = Question(self.clock, self.known)
        path = "/ofrep/v1/evaluate/flags/" + flags.key(question.flag)
        status, _, answer = await connection.call("POST", path, f'{{"context":{question.context.json}}}'.encode())
        record.done(kind, question.begun, of_answer(question, status, answer))

    async def grpc(self, channel, record, kind):
        question = Question(self.clock, self.known)
        method = METHODS[flags.kind(question.flag)]
        data = await channel.unary_unary(SERVICE + method)(contexts.request(flags.key(question.flag), question.context), timeout=TIMEOUT)
        answer = getattr(messages, method + "Response").FromString(data)
        value = MessageToDict(answer.value) if method == "ResolveObject" else answer.value
        record.done(kind, question.begun, question.mistake(answer.variant, value, answer.metadata))

    def kept(self, port, rate, kind, call):
        """A client on a connection that it keeps."""
        async def client(stop, record):
            async def connected():
                async with Connection(self.ports[port]) as connection:
                    await at_rate(stop, rate, lambda: call(connection, record, kind))
            await again(stop, record, kind, connected)
        return client

    def new(self, port, rate, kind, call):
        """A client with a connection for each call."""
        async def client(stop, record):
            async def once():
                async with Connection(self.ports[port]) as connection:
                    await call(connection, record, kind)
            await again(stop, record, kind, lambda: at_rate(stop, rate, once))
        return client

    def channel(self):
        # Without the option, channels of a process share a connection.
        return grpc.aio.insecure_channel(f"127.0.0.1:{self.ports['port']}", options=[("grpc.use_local_subchannel_pool", 1)])

    def kept_channel(self, rate, kind):
        async def client(stop, record):
            async with self.channel() as channel:
                await again(stop, record, kind, lambda: at_rate(stop, rate, lambda: self.grpc(channel, record, kind)))
        return client

    def new_channel(self, rate, kind):
        async def client(stop, record):
            async def once():
                async with self.channel() as channel:
                    await self.grpc(channel, record, kind)
            await again(stop, record, kind, lambda: at_rate(stop, rate, once))
        return client

    def clients(self):
        def several(rates, make):
            rate, count = rates
            return [make(rate / count) for _ in range(count)]
        return [
            *several(CONNECT, lambda rate: self.kept("port", rate, "connect", self.connect)),
            *several(CONNECT_NEW, lambda rate: self.new("port", rate, "connect-new", self.connect)),
            *several(OFREP, lambda rate: self.kept("ofrep-port", rate, "ofrep", self.ofrep)),
            *several(OFREP_NEW, lambda rate: self.new("ofrep-port", rate, "ofrep-new", self.ofrep)),
            *several(GRPC, lambda rate: self.kept_channel(rate, "grpc")),
            *several(GRPC_NEW, lambda rate: self.new_channel(rate, "grpc-new")),
        ]


def process(ports, clock, queue, ending):
    asyncio.run(run(Calls(ports, clock).clients(), queue, ending))
