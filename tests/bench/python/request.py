"""Flag documents, and encoded requests."""
import json, struct

RING = {"if": [
    {"in": [{"var": "ring"}, ["internal", "beta"]]}, "on",
    {"fractional": [{"cat": [{"var": "$flagd.flagKey"}, {"var": "targetingKey"}]}, ["on", 5], ["off", 95]]}]}
CONTEXT = {"targetingKey": "user-48213", "ring": "public", "country": "DE", "tier": "gold",
           "email": "a.person@example.com", "version": "2.3.1"}


def flag(rule=None):
    targeting = {"targeting": rule} if rule else {}
    return {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "on", **targeting}


def chain(count):
    """A rule with `count` comparisons, all of which are evaluated."""
    return {"if": [{"or": [{"==": [{"var": "country"}, f"C{i}"]} for i in range(count)]}, "on", "off"]}


def document(more=0):
    """The flags `static` and `ring`, flags with rules of increasing length, and `more` other flags."""
    flags = {"static": flag(), "ring": flag(RING), **{f"rule-{n}": flag(chain(n)) for n in (1, 10, 100, 1000)}}
    return json.dumps({"flags": flags | {f"other-{i}": flag(RING) for i in range(more)}})


def context(size):
    """The context, padded to `size` attributes."""
    return CONTEXT | {f"attribute-{i:04}": f"value of attribute {i}" for i in range(len(CONTEXT), size)}


def varint(n):
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    return bytes(out + bytes([n]))


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def struct_of(context):
    """Encodes strings as a `google.protobuf.Struct`."""
    return b"".join(field(1, field(1, k.encode()) + field(2, field(3, v.encode()))) for k, v in context.items())


def framed(message):
    return b"\0" + struct.pack(">I", len(message)) + message


def grpc_one(key, context=CONTEXT):
    return framed(field(1, key.encode()) + field(2, struct_of(context)))


def grpc_all(context=CONTEXT):
    return framed(field(1, struct_of(context)))


def connect_one(key, context=CONTEXT):
    return json.dumps({"flagKey": key, "context": context}).encode()


def ofrep(context=CONTEXT):
    return json.dumps({"context": context}).encode()
