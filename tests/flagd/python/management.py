"""Probes, health, reflection, metrics, and errors of flag sync."""

import functools
import json
import re

import http1
import http2
import messages
import rpc
from case import add

PORTS = ("port", "management-port", "sync-port", "ofrep-port")
SYNC = "/flagd.sync.v1.FlagSyncService"


def web(name, port, path, method="GET", headers=(), body=b"", transport=http1, keep=lambda a: a):
    def ask(daemon):
        return keep(rpc.http(transport, daemon.port(port), method, path, headers, body, timeout=3))

    add("main", f"{name}: {method} {port} {path} {'h2' if transport is http2 else 'h1'}", ask)


def grpc(name, port, path, data, headers=(), kind="application/grpc", until=0, keep=lambda a: a):
    """A gRPC call with raw bytes; with `until`, the first messages of a stream."""
    fields = [("content-type", kind), ("te", "trailers"), *headers]

    def ask(daemon):
        stream = http2.Stream(daemon.port(port), "POST", path, fields, data, 3)
        if not until:
            return keep(rpc.documents(rpc.normal(stream.whole(), path)))
        answer = stream.until(lambda a: len(messages.frames(a.data)[0]) >= until, 3)
        stream.close()
        return rpc.normal(answer, path)

    add("main", f"{name}: {port} {path}", ask)


def head(answer):
    """The response without its body, which other cases compare."""
    return {**answer, "body": "…"}


for path in ("/healthz", "/readyz", "/", "/nope", "/healthz/", "/readyz?x=1", "//healthz", "/grpc.health.v1.Health/Check", "/debug/pprof/"):
    for method in ("GET", "HEAD", "POST", "OPTIONS"):
        web("probe", "management-port", path, method)
    web("probe", "management-port", path, transport=http2)
web("metrics", "management-port", "/metrics", keep=head)
web("metrics", "management-port", "/metrics", "POST", keep=head)
web("metrics as OpenMetrics", "management-port", "/metrics", headers=(("Accept", "application/openmetrics-text; version=1.0.0"),), keep=head)
web("metrics compressed", "management-port", "/metrics", headers=(("Accept-Encoding", "gzip"),), keep=head)
web("sync is no HTTP/1.1", "sync-port", "/")
web("sync is no Connect", "sync-port", SYNC + "/FetchAllFlags", "POST", (("content-type", "application/json"),), b"{}", http2)
web("sync is no gRPC-Web", "sync-port", SYNC + "/FetchAllFlags", "POST", (("content-type", "application/grpc-web"),), messages.frame(b""), http2)

for port in PORTS[:3]:
    for service in ("", "x", "flagd.evaluation.v1.Service", "flagd.sync.v1.FlagSyncService"):
        body = messages.frame(messages.encode("/grpc.health.v1.Health/Check", {"service": service}))
        grpc(f"health of {service!r}", port, "/grpc.health.v1.Health/Check", body)
        grpc(f"health of {service!r}", port, "/grpc.health.v1.Health/Watch", body, until=1)
    for path in ("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"):
        grpc("reflection", port, path, messages.frame(b"\x3a\x00"))

for path in (SYNC + "/Nope", "/sync.v1.FlagSyncService/FetchAllFlags", "/nope", "/", SYNC, "//" + SYNC[1:] + "/FetchAllFlags"):
    grpc("sync path", "sync-port", path, messages.frame(b""))
for name, data in {"garbage": messages.frame(b"\xff"), "nothing": b"", "half a message": b"\0\0\0\0\5x", "two messages": messages.frame(b"") * 2,
                   "bad UTF-8": messages.frame(b"\x12\x01\xff"), "an unknown field": messages.frame(b"\x1a\x01x"),
                   "a compressed flag": messages.frame(b"", 1), "5 MB": messages.frame(b"\x0a" + b"\x80\xa0\xb1\x02" + b"x" * 5_001_216)}.items():
    for method in ("FetchAllFlags", "SyncFlags"):
        grpc(f"sync of {name}", "sync-port", f"{SYNC}/{method}", data)
# No timeout that ends during the stream: grpc-go then sends either the status or a reset.
for timeout in ("10S", "abc", "1n", "0S"):
    grpc(f"sync timeout {timeout}", "sync-port", SYNC + "/FetchAllFlags", messages.frame(b""), (("grpc-timeout", timeout),))
    grpc(f"sync timeout {timeout}", "sync-port", SYNC + "/SyncFlags", messages.frame(b""), (("grpc-timeout", timeout),))
for coding in ("gzip", "br", "identity"):
    grpc(f"sync coding {coding}", "sync-port", SYNC + "/FetchAllFlags", messages.frame(b""), (("grpc-encoding", coding),))
    grpc(f"sync accepts {coding}", "sync-port", SYNC + "/FetchAllFlags", messages.frame(b""), (("grpc-accept-encoding", coding),))
for kind in ("application/grpc+proto", "text/plain", "application/grpcx"):
    grpc(f"sync content type {kind}", "sync-port", SYNC + "/FetchAllFlags", messages.frame(b""), kind=kind)
# The response is protobuf nevertheless.
grpc("sync content type application/grpc+json", "sync-port", SYNC + "/FetchAllFlags", messages.frame(b""), kind="application/grpc+json", keep=head)
grpc("sync with a long header", "sync-port", SYNC + "/FetchAllFlags", messages.frame(b""), (("x-long", "x" * 1_100_000),))

# The profile with low limits:
# `--max-request-body 2000 --max-request-header 8000 --stream-deadline 1s --disable-sync-metadata`.
for protocol in ("grpc", "grpc-web", "connect+json", "connect+proto", "connect+json-h2"):
    for service in rpc.EVALUATION:
        path = f"/{service}/EventStream"

        def ended(daemon, protocol=protocol, path=path):
            return rpc.normal(rpc.stream(daemon.port("port"), protocol, path, {}, timeout=3).whole(), path)

        add("narrow", f"{protocol} {path} at its deadline", ended)
    for length in (1_000, 3_000):
        body = {"flagKey": "boolean", "context": {"a": "x" * length}}
        ask = functools.partial(rpc.call, protocol=protocol, path="/flagd.evaluation.v1.Service/ResolveBoolean", body=body)
        add("narrow", f"{protocol} a body of {length}", lambda d, ask=ask: ask(d.port("port")))
for length in (3_000, 10_000, 20_000):
    for transport in (http1, http2):

        def long(daemon, length=length, transport=transport):
            headers = (("content-type", "application/json"), ("x-long", "x" * length))
            path = "/flagd.evaluation.v1.Service/ResolveBoolean"
            return rpc.http(transport, daemon.port("port"), "POST", path, headers, b'{"flagKey":"boolean"}')

        add("narrow", f"a header of {length} over {transport.__name__}", long)


def sync_end(daemon):
    path = SYNC + "/SyncFlags"
    answer = rpc.normal(rpc.stream(daemon.port("sync-port"), "grpc", path, {}, timeout=3).whole(), path)
    return {**answer, "body": len(answer["body"])}


add("narrow", "SyncFlags at its deadline", sync_end)
add("narrow", "GetMetadata disabled", lambda d: rpc.call(d.port("sync-port"), "grpc", SYNC + "/GetMetadata", {}))

SAMPLE = re.compile(r"^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
# Counters whose values depend only on the traffic of this case.
COUNTED = re.compile("feature_flag_flagd_(impression|result_reason)_total|feature_flag_flagd_sync_active_streams")


def scrape(daemon):
    answer = rpc.http(http1, daemon.port("management-port"), "GET", "/metrics")
    types, labels, values = {}, {}, {}
    for line in str(answer["body"]).splitlines():
        if line.startswith("# TYPE"):
            _, _, name, kind = line.split()
            types[name] = kind
        elif sample := SAMPLE.match(line):
            name, text, value = sample.groups()
            found = dict(LABEL.findall(text or ""))
            # One name may have several sets of labels, because two libraries measure the same.
            labels.setdefault(name, set()).add(" ".join(sorted(found)))
            if COUNTED.match(name):
                shown = " ".join(f"{k}={v}" for k, v in sorted(found.items()) if not k.startswith("otel_"))
                values[f"{name} {shown}"] = float(value)
    return {"types": types, "labels": {k: {l: True for l in sorted(v)} for k, v in sorted(labels.items())}, "values": values}


def routes(daemon):
    """The label values of HTTP and RPC metrics."""
    answer = rpc.http(http1, daemon.port("management-port"), "GET", "/metrics")
    seen = {}
    for line in str(answer["body"]).splitlines():
        sample = SAMPLE.match(line)
        if sample and re.match("(http_server|rpc_server).*(_count|active_requests)$", sample[1]):
            for key, value in LABEL.findall(sample[2] or ""):
                if key in TRANSPORT:
                    seen[f"{sample[1]} {key}={value}"] = True
    return seen


TRANSPORT = ("http_response_status_code", "http_route", "http_request_method", "rpc_system", "rpc_service", "rpc_method",
             "rpc_grpc_status_code", "rpc_connect_rpc_error_code", "service_name", "url_scheme")  # fmt: skip
FLAGS = {"Boolean": ("boolean", "missing", "disabled", "no-default", "matched", "missed", "parse-error", "general-error", "string")}


def traffic(daemon):
    """Evaluations with all outcomes in all versions and protocols, invalid requests, and an open sync stream."""
    for service in rpc.EVALUATION:
        for protocol in rpc.PROTOCOLS:
            for kind, keys in FLAGS.items():
                for key in keys:
                    rpc.call(daemon.port("port"), protocol, f"/{service}/Resolve{kind}", {"flagKey": key})
        rpc.first(daemon.port("port"), "grpc", f"/{service}/EventStream", {})
    for path in ("/nope", "/flagd.evaluation.v1.Service/Nope"):
        rpc.http(http1, daemon.port("port"), "POST", path, (("content-type", "application/json"),), b"{}")
    rpc.call(daemon.port("port"), "connect+json", "/flagd.evaluation.v1.Service/ResolveAll", {})
    for path in ("", "/boolean", "/missing", "/parse-error", "/general-error", "/nothing"):
        rpc.http(http1, daemon.port("ofrep-port"), "POST", f"/ofrep/v1/evaluate/flags{path}")
    rpc.call(daemon.port("sync-port"), "grpc", SYNC + "/FetchAllFlags", {})
    rpc.first(daemon.port("sync-port"), "grpc", SYNC + "/SyncFlags", {"selector": "foo=bar"})
    rpc.first(daemon.port("sync-port"), "grpc", SYNC + "/SyncFlags", {"providerId": "closed", "selector": "flagSetId=first"})
    held = rpc.stream(daemon.port("sync-port"), "grpc", SYNC + "/SyncFlags", {"providerId": "open", "selector": "flagSetId=first"})
    held.until(lambda a: a.data, 3)
    # Both exporters collect at the scrape.
    told = {"metrics": scrape(daemon), "labels": routes(daemon)}
    held.close()
    return told


add("metrics", "metrics after traffic", traffic)
