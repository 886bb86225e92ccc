"""All claims about a Connect client and the daemon, in the order in which they are checked."""

import dataclasses
import json
import time
import typing

from daemon import rewrite
from report import same

SERVICE = "flagd.evaluation.v1.Service"
SYNC = "flagd.sync.v1.FlagSyncService"
# Longer than the minimum size for compression.
LONG = "a text that goes on and on; " * 200
OBJECT = {"colour": "blue", "sizes": [1, 2.5], "nested": {"deep": True, "nothing": None}}
FLAGS = {
    "metadata": {"flagSetId": "connect", "tier": 2},
    "flags": {
        "boolean": {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "on"},
        "string": {"state": "ENABLED", "variants": {"plain": "Grüße", "warm": "Welcome"}, "defaultVariant": "plain"},
        "integer": {"state": "ENABLED", "variants": {"large": 9007199254740991, "small": 1}, "defaultVariant": "large"},
        "float": {"state": "ENABLED", "variants": {"one": 1.75}, "defaultVariant": "one"},
        "object": {"state": "ENABLED", "variants": {"full": OBJECT}, "defaultVariant": "full"},
        "long": {"state": "ENABLED", "variants": {"long": LONG}, "defaultVariant": "long"},
        "zero": {"state": "ENABLED", "variants": {"off": False, "on": True}, "defaultVariant": "off"},
        "targeted": {
            "state": "ENABLED",
            "variants": {"yes": "yes", "no": "no"},
            "defaultVariant": "no",
            "targeting": {"if": [{"in": ["beta", {"var": "segments"}]}, "yes"]},
        },
        "live": {"state": "ENABLED", "variants": {"before": "Soon", "after": "Now"}, "defaultVariant": "before"},
    },
}
METADATA = {"flagSetId": "connect", "tier": 2}


@dataclasses.dataclass
class Claim:
    words: str
    check: typing.Callable


CLAIMS = []


def claim(words):
    """Registers a function as the check of a claim."""

    def register(function):
        CLAIMS.append(Claim(words, function))
        return function

    return register


for kind, value, variant in (
    ("Boolean", True, "on"),
    ("String", "Grüße", "plain"),
    # A 64-bit integer is a string in JSON.
    ("Int", "9007199254740991", "large"),
    ("Float", 1.75, "one"),
    ("Object", OBJECT, "full"),
):

    @claim(f"Resolve{kind} answers value, variant, reason and metadata")
    def _(peer, kind=kind, value=value, variant=variant):
        key = {"Int": "integer"}.get(kind, kind.lower())
        got = peer.call(f"{SERVICE}/Resolve{kind}", {"flagKey": key, "context": {}})
        same(got.get("message"), {"value": value, "variant": variant, "reason": "STATIC", "metadata": METADATA})


@claim("a false value is there with its variant, though it does not travel")
def _(peer):
    got = peer.call(f"{SERVICE}/ResolveBoolean", {"flagKey": "zero"})["message"]
    same((got.get("value", False), got["variant"], got["reason"]), (False, "off", "STATIC"))


@claim("the context reaches the rule")
def _(peer):
    for segments, variant in ((["alpha", "beta"], "yes"), (["alpha"], "no")):
        got = peer.call(f"{SERVICE}/ResolveString", {"flagKey": "targeted", "context": {"segments": segments}})
        same(got["message"]["variant"], variant)


@claim("ResolveAll answers every flag")
def _(peer):
    flags = peer.call(f"{SERVICE}/ResolveAll", {"context": {}})["message"]["flags"]
    same({key: flag["variant"] for key, flag in flags.items()}, {key: flag["defaultVariant"] for key, flag in FLAGS["flags"].items()})
    same(flags["object"]["objectValue"], OBJECT)


for contract in ("schema.v1.Service", "flagd.evaluation.v2.Service"):

    @claim(f"{contract} answers, too")
    def _(peer, contract=contract):
        got = peer.call(f"{contract}/ResolveString", {"flagKey": "string"})["message"]
        same((got["value"], got["variant"], got["reason"]), ("Grüße", "plain", "STATIC"))


@claim("a missing flag is `not_found`, with its text")
def _(peer):
    got = peer.call(f"{SERVICE}/ResolveBoolean", {"flagKey": "no.such.flag"})
    same((got.get("code"), got.get("text")), ("not_found", "Flag not found"))


@claim("a flag of another type is `invalid_argument`, with its text")
def _(peer):
    got = peer.call(f"{SERVICE}/ResolveBoolean", {"flagKey": "string"})
    same((got.get("code"), got.get("text")), ("invalid_argument", "Type mismatch error"))


@claim("a selector in a header leaves other sets out")
def _(peer):
    got = peer.call(f"{SERVICE}/ResolveBoolean", {"flagKey": "boolean"}, headers={"flagd-selector": "flagSetId=other"})
    same(got.get("code"), "not_found")


@claim("a request may be compressed with gzip, and so is a long answer")
def _(peer):
    context = {"filler": LONG, "segments": ["beta"]}
    got = peer.call(f"{SERVICE}/ResolveString", {"flagKey": "targeted", "context": context}, gzip=True)
    same(got["message"]["variant"], "yes")
    got = peer.call(f"{SERVICE}/ResolveString", {"flagKey": "long"}, gzip=True)
    same(got["message"]["value"], LONG)
    same(encoding(peer, got["headers"]), "gzip")


@claim("who does not take gzip gets none")
def _(peer):
    got = peer.call(f"{SERVICE}/ResolveString", {"flagKey": "long"})
    same(got["message"]["value"], LONG)
    same(encoding(peer, got["headers"]) in (None, "identity"), True)


def encoding(peer, headers):
    """The encoding of a response. Unary Connect compresses the HTTP body, the other protocols each message."""
    return headers.get("content-encoding" if peer.mode.protocol == "connect" else "grpc-encoding")


@claim("a call with a deadline that suffices is answered")
def _(peer):
    same(peer.call(f"{SERVICE}/ResolveBoolean", {"flagKey": "boolean"}, timeout=10_000)["message"]["value"], True)


@claim("a stream says at once that it is ready, and names what changes")
def _(peer):
    with peer.stream(f"{SERVICE}/EventStream", {}) as stream:
        same(stream.next()["type"], "provider_ready")
        rewrite(peer.file, '"defaultVariant": "before"', '"defaultVariant": "after"')
        same(stream.next(), {"type": "configuration_change", "data": {"flags": {"live": {"type": "update"}}}})
        rewrite(peer.file, '"defaultVariant": "after"', '"defaultVariant": "before"')
        same(stream.next(), {"type": "configuration_change", "data": {"flags": {"live": {"type": "update"}}}})


@claim("a stream may be compressed with gzip")
def _(peer):
    with peer.stream(f"{SERVICE}/EventStream", {}, gzip=True) as stream:
        same(stream.next()["type"], "provider_ready")


@claim("a stream that is cancelled ends as `canceled`, and harms no other")
def _(peer):
    with peer.stream(f"{SERVICE}/EventStream", {}) as other:
        same(other.next()["type"], "provider_ready")
        with peer.stream(f"{SERVICE}/EventStream", {}) as stream:
            same(stream.next()["type"], "provider_ready")
        same(stream.end().get("code"), "canceled")
        rewrite(peer.file, '"defaultVariant": "before"', '"defaultVariant": "after"')
        same(other.next()["type"], "configuration_change")
        rewrite(peer.file, '"defaultVariant": "after"', '"defaultVariant": "before"')
        same(other.next()["type"], "configuration_change")


@claim("a stream ends at its deadline as `deadline_exceeded`")
def _(peer):
    began = time.monotonic()
    with peer.stream(f"{SERVICE}/EventStream", {}, timeout=600) as stream:
        same(stream.next()["type"], "provider_ready")
        same(stream.end().get("code"), "deadline_exceeded")
    same(time.monotonic() - began >= 0.6, True)


@claim("a stream with a selector that cannot be read is `invalid_argument`")
def _(peer):
    with peer.stream(f"{SERVICE}/EventStream", {}, headers={"flagd-selector": "color=red"}) as stream:
        same(stream.end().get("code"), "invalid_argument")


@claim("flag sync answers over gRPC, and over nothing else")
def _(peer):
    got = peer.call(f"{SYNC}/FetchAllFlags", {}, port="sync-port")
    if peer.mode.protocol != "grpc":
        same("message" in got, False)
        return
    same(set(json.loads(got["message"]["flagConfiguration"])["flags"]), set(FLAGS["flags"]))
    with peer.stream(f"{SYNC}/SyncFlags", {}, port="sync-port") as stream:
        same(set(json.loads(stream.next()["flagConfiguration"])["flags"]), set(FLAGS["flags"]))


@claim("streams are told that the daemon goes, and end as `unavailable`")
def _(peer):
    with peer.stream(f"{SERVICE}/EventStream", {}) as stream:
        same(stream.next()["type"], "provider_ready")
        same(peer.daemon.end(), 0)
        same(stream.next()["type"], "provider_shutdown")
        same(stream.end().get("code"), "unavailable")
