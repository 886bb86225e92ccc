"""Contexts with 1 to 200 attributes, encoded once as JSON and as protobuf."""
import json
import random

from google.protobuf.struct_pb2 import Struct

COUNT = 64
# The attributes that rules read, and how each is made.
KNOWN = {
    "email": lambda chance, user: f"user-{user}@{chance.choice(['example.com', 'example.org'])}",
    "ring": lambda chance, user: chance.choice(["internal", "beta", "general", "early"]),
    "version": lambda chance, user: f"{chance.randrange(4)}.{chance.randrange(6)}.{chance.randrange(10)}",
    "age": lambda chance, user: chance.randrange(5, 90),
    "paying": lambda chance, user: chance.random() < 0.5,
    "segments": lambda chance, user: chance.sample(["beta-tester", "premium", "partner", "trial"], chance.randrange(4)),
    "scores": lambda chance, user: [chance.randrange(100) for _ in range(chance.randrange(6))],
    "address": lambda chance, user: {"country": chance.choice(["DE", "FR", "US"]), "city": "Köln", "lines": ["1", "2"]},
    "tenant": lambda chance, user: f"tenant-{chance.randrange(60)}",
    "group": lambda chance, user: chance.choice(["employee", "contractor", "customer"]),
}


class Context:
    def __init__(self, attributes):
        self.attributes = attributes
        # Compact as most clients write it, and with spaces as some do.
        spaced = len(attributes) % 2 == 0
        self.json = json.dumps(attributes, ensure_ascii=spaced, separators=None if spaced else (",", ":"))
        fields = Struct()
        fields.update(attributes)
        self.protobuf = fields.SerializeToString()


def made(number):
    """Sizes grow from 1 to 200 attributes; more attributes than the rules know are of mixed types."""
    chance = random.Random(number)
    size = round(1 + 199 * (number / (COUNT - 1)) ** 2)
    user = number % 40
    attributes = {"targetingKey": f"user-{user}"}
    for name in chance.sample(sorted(KNOWN), min(size - 1, len(KNOWN))):
        attributes[name] = KNOWN[name](chance, user)
    for i in range(size - len(attributes)):
        attributes[f"attribute{i}"] = [i, f"text {i}", i % 2 == 0, None, {"a": [i, "b"]}, [i, "ü", False], "x" * (i % 90)][i % 7]
    return Context(attributes)


def all_contexts():
    return [made(number) for number in range(COUNT)]


def varint(number):
    out = b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


def request(key, context):
    """The protobuf message of a Resolve request."""
    name = key.encode()
    return b"\x0a" + varint(len(name)) + name + b"\x12" + varint(len(context.protobuf)) + context.protobuf


def bulk_request(context):
    """The protobuf message of a ResolveAll request."""
    return b"\x0a" + varint(len(context.protobuf)) + context.protobuf
