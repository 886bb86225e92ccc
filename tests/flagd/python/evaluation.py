"""Evaluations in all API versions and protocols."""

import functools
import pathlib
import re

import rpc
from case import add

FLAGS = pathlib.Path(__file__).parents[1] / "flags"
KINDS = ("Boolean", "String", "Float", "Int", "Object")

# All flags of both files, and some that do not exist.
KEYS = re.findall(r'^  "?([^"#:]+?)"?: \{', (FLAGS / "first.yaml").read_text(), re.MULTILINE)
KEYS += ["bare", "twice", "", "missing"]

# The matching method of a flag, for protocols that are not tested with all methods.
SUITS = {"string": "String", "empty": "String", "float": "Float", "integer": "Int", "zero": "Int", "object": "Object"}

CONTEXTS = {
    "by-reference": [{"ring": "beta"}, {"ring": "public"}, {}],
    "by-environment": [{"env": "mine"}],
    "split": [{"targetingKey": f"user-{n}"} for n in range(8)] + [{}, {"targetingKey": ""}, {"targetingKey": 7}],
}


def evaluate(profile="main"):
    for service in rpc.EVALUATION:
        for protocol in rpc.PROTOCOLS:
            for key in KEYS:
                thorough = protocol in ("grpc", "connect+json")
                for kind in KINDS if thorough else (SUITS.get(key, "Boolean"),):
                    one(profile, service, protocol, kind, key, {})
        for key, contexts in CONTEXTS.items():
            for context in contexts:
                one(profile, service, "grpc", "Boolean" if key == "by-reference" else "String", key, context)
    for service in rpc.EVALUATION[:2]:
        for protocol in rpc.PROTOCOLS:
            for context in ({}, {"ring": "beta", "targetingKey": "user-1"}):
                path = f"/{service}/ResolveAll"
                ask = functools.partial(call, protocol=protocol, path=path, body={"context": context})
                add(profile, f"{protocol} {path} {context}", ask)
    headers()


def call(daemon, protocol, path, body, headers=()):
    return rpc.call(daemon.port("port"), protocol, path, body, headers)


def one(profile, service, protocol, kind, key, context, headers=()):
    path = f"/{service}/Resolve{kind}"
    body = {"flagKey": key, "context": context}
    ask = functools.partial(call, protocol=protocol, path=path, body=body, headers=headers)
    add(profile, f"{protocol} {path} {key!r} {context} {dict(headers) or ''}".strip(), ask)


def headers():
    """Attributes from headers and from the command line; the profile has `-X env=prod -H X-Ring=ring`."""
    for service in rpc.EVALUATION:
        for protocol in ("grpc", "grpc-web", "connect+json", "connect+proto"):
            for value in ("beta", "public", ""):
                for context in ({}, {"ring": "internal"}):
                    one("main", service, protocol, "Boolean", "by-reference", context, (("x-ring", value),))


evaluate()
