"""Invalid requests on the evaluation port, and their responses."""

import functools
import gzip
import json

import http1
import http2
import messages
import rpc
from case import add

V1 = "/flagd.evaluation.v1.Service/ResolveBoolean"
STREAM = "/flagd.evaluation.v1.Service/EventStream"
GOOD = b'{"flagKey":"boolean"}'
JSON = ("content-type", "application/json")


def on(port, transport, method, path, headers=(), body=b"", keep=lambda a: a):
    # A stream that is not rejected stays open.
    patience = 3 if path == STREAM else 6

    def ask(daemon):
        return keep(rpc.http(transport, daemon.port(port), method, path, headers, body, patience))

    return ask


def post(name, path=V1, headers=(JSON,), body=GOOD, transport=http1, method="POST", profile="main", port="port", **more):
    add(profile, f"{name}: {method} {path} {'h2' if transport is http2 else 'h1'}",
        on(port, transport, method, path, headers, body, **more))  # fmt: skip


def grpc(name, body, headers=(), path=V1, kind="application/grpc", profile="main", **more):
    post(name, path, (("content-type", kind), ("te", "trailers"), *headers), body, http2, profile=profile, **more)


def end(answer):
    """The end of a stream. If the deadline has passed already, flagd may or may not send a message first."""
    return {**answer, "body": [m for m in answer["body"] if "end" in m]}


def raw(name, text, timeout=6, profile="main", port="port"):
    """Registers a case that sends raw bytes."""

    def ask(daemon):
        return rpc.normal(http1.Stream(daemon.port(port), text, timeout).whole())

    add(profile, name, ask)


PATHS = ["/", "/nope", "/flagd.evaluation.v1.Service/Nope", "/flagd.evaluation.v1.Service", "/flagd.evaluation.v1.Service/",
         V1 + "/", "/flagd.evaluation.v3.Service/ResolveBoolean", "/flagd.evaluation.v2.Service/ResolveAll",
         "/schema.v2.Service/ResolveBoolean", "//flagd.evaluation.v1.Service/ResolveBoolean",
         "/flagd.evaluation.v1.Service//ResolveBoolean", "/flagd.evaluation.v1.Service/../flagd.evaluation.v1.Service/ResolveBoolean",
         "/flagd.evaluation.v1.Service%2FResolveBoolean", "/flagd.evaluation.v1.Service/Resolve%42oolean", V1 + "?x=1",
         "/FLAGD.evaluation.v1.Service/ResolveBoolean", "/grpc.health.v1.Health/Check", "/flagd.sync.v1.FlagSyncService/FetchAllFlags",
         "/healthz", "/ofrep/v1/evaluate/flags", "/favicon.ico"]  # fmt: skip

for path in PATHS:
    post("path", path)
    post("path", path, transport=http2)
    post("path", path, method="GET", headers=(), body=b"")
    grpc("path as gRPC", messages.frame(b""), path=path)
    post("path as gRPC-Web", path, (("content-type", "application/grpc-web"),), messages.frame(b""))

for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW", "post"):
    for transport in (http1, http2):
        post("method", method=method, transport=transport)
        post("method on a stream", STREAM, method=method, transport=transport)
post("Connect GET", V1 + "?encoding=json&message=%7B%22flagKey%22%3A%22boolean%22%7D&connect=v1", (), b"", method="GET")

KINDS = [None, "", "text/plain", "application/json; charset=utf-8", "application/json;charset=utf-8", "application/json; charset=latin1",
         "Application/JSON", "application/json; x=y", "application/jsonx", "application/grpc-web-text", "application/grpc-web-text+proto",
         "application/grpc", "application/grpc+proto", "application/grpc+json; charset=utf-8", "application/grpc+thrift",
         "application/grpc-web", "application/grpc-web+proto", "application/connect+json", "application/connect+proto",
         "application/x-protobuf", "application/proto; charset=utf-8", "application/x-www-form-urlencoded", "multipart/form-data", "*/*"]  # fmt: skip
for kind in KINDS:
    for transport in (http1, http2):
        headers = () if kind is None else (("content-type", kind),)
        post(f"content type {kind!r}", headers=headers, transport=transport)
        post(f"content type {kind!r} on a stream", STREAM, headers, messages.frame(b"{}"), transport)

BODIES = [b"", b" ", b"{", b"}", b"[]", b"null", b"1", b'"x"', b'{"flagKey":1}', b'{"flagKey":null}', b'{"flag_key":"boolean"}',
          b'{"flagKey":"boolean","flag_key":"string"}', b'{"flagKey":"boolean","flagKey":"string"}', b'{"FlagKey":"boolean"}',
          b'{"flagKey":"boolean","unknown":{"a":[1]}}', b'{"flagKey":"boolean","context":"x"}', b'{"flagKey":"boolean","context":null}',
          b'{"flagKey":"boolean","context":[]}', b'{"flagKey":"boolean"} trailing', b'{"flagKey":"boolean"}{}', b'{"flagKey":"boolean",}',
          b"{'flagKey':'boolean'}", b'{"flagKey":"bo\xffolean"}', b'{"flagKey":"\\ud800"}', b'\xef\xbb\xbf{"flagKey":"boolean"}',
          b'{"flagKey":"boolean","context":{"a":NaN}}', b'{"flagKey":"boolean","context":{"a":1e999}}', b'{"flagKey":"by-reference","context":{"ring":"beta","ring":"x"}}',
          b'{"flagKey":"boolean" "context":{}}', b'{"flagKey":"boolean","context":{"a":01}}', b'{"flagKey":"boolean","context":{"a":"\x01"}}',
          b'{"flagKey":"by-reference","context":{"a":' + b"[" * 50 + b"]" * 50 + b"}}"]  # fmt: skip
for body in BODIES:
    shown = body.decode("utf-8", "backslashreplace")
    post(f"body {shown}", body=body)
    post(f"body {shown} of ResolveAll", "/flagd.evaluation.v1.Service/ResolveAll", body=body)
post("a deep body", body=b'{"flagKey":"boolean","context":{"a":' + b'{"a":' * 9000 + b"1" + b"}" * 9000 + b"}}")
post("a deep list", body=b'{"flagKey":"boolean","context":{"a":' + b"[" * 11000 + b"]" * 11000 + b"}}")

GOOD_PROTO = messages.encode(V1, {"flagKey": "boolean"})
PROTO = [b"", GOOD_PROTO, b"\xff", GOOD_PROTO[:-2], b"\x0a\x02\xff\xfe", b"\x08\x01", GOOD_PROTO + b"\x1a\x01x", b"\x0a",
         b"\x12\x03\x0a\x01\x0a", GOOD_PROTO + GOOD_PROTO, b"\x0b\x0c" + GOOD_PROTO, b"\x00\x00"]  # fmt: skip
for body in PROTO:
    post(f"protobuf {body.hex()}", headers=(("content-type", "application/proto"),), body=body)
    grpc(f"gRPC message {body.hex()}", messages.frame(body))
    post(f"gRPC-Web message {body.hex()}", headers=(("content-type", "application/grpc-web+proto"),), body=messages.frame(body))
FRAMES = {"nothing": b"", "half a head": b"\0\0", "half a message": messages.frame(GOOD_PROTO)[:-1], "two messages": messages.frame(GOOD_PROTO) * 2,
          "a compressed flag without encoding": messages.frame(GOOD_PROTO, 1), "an unknown flag": messages.frame(GOOD_PROTO, 4),
          "trailing bytes": messages.frame(GOOD_PROTO) + b"\0", "a huge length": b"\0\xff\xff\xff\xff" + GOOD_PROTO,
          "a gRPC-Web trailer": messages.frame(b"a: b\r\n", 0x80), "a Connect end": messages.frame(b"{}", 2)}  # fmt: skip
for name, body in FRAMES.items():
    grpc(f"gRPC with {name}", body)
    post(f"gRPC-Web with {name}", headers=(("content-type", "application/grpc-web+proto"),), body=body)
    grpc(f"gRPC stream with {name}", body, path=STREAM)
    post(f"Connect stream with {name}", STREAM, (("content-type", "application/connect+proto"),), body)
    post(f"Connect JSON stream with {name}", STREAM, (("content-type", "application/connect+json"),), body.replace(GOOD_PROTO, b"{}"))

for version in ("1", "2", "", "one"):
    post(f"protocol version {version!r}", headers=(JSON, ("Connect-Protocol-Version", version)))
    post(f"protocol version {version!r} on a stream", STREAM, (("content-type", "application/connect+json"), ("Connect-Protocol-Version", version)),
         messages.frame(b"{}"))  # fmt: skip
for timeout in ("", "abc", "-1", "0", "1.5", " 5", "+5", "10000", "9999999999", "99999999999", "1S"):
    post(f"Connect timeout {timeout!r}", headers=(JSON, ("Connect-Timeout-Ms", timeout)))
for timeout in ("1S", "0S", "1n", "abc"):
    grpc(f"gRPC timeout {timeout!r} on a stream", messages.frame(b""), (("grpc-timeout", timeout),), STREAM, keep=end)
for timeout in ("1000", "0", "abc"):
    post(f"Connect timeout {timeout!r} on a stream", STREAM, (("content-type", "application/connect+json"), ("Connect-Timeout-Ms", timeout)), messages.frame(b"{}"), keep=end)
for timeout in ("", "abc", "1", "S", "-1S", "0S", "1x", "10S", "10M", "10H", "1000m", "5000000u", "99999999H", "999999999S", "1.5S", " 1S"):
    grpc(f"gRPC timeout {timeout!r}", messages.frame(GOOD_PROTO), (("grpc-timeout", timeout),))

ZIPPED = gzip.compress(GOOD)
for coding, body in (("gzip", ZIPPED), ("GZIP", ZIPPED), ("identity", GOOD), ("", GOOD), ("br", GOOD), ("deflate", GOOD), ("gzip", GOOD), ("gzip", ZIPPED[:-9])):
    post(f"content coding {coding!r} {len(body)}", headers=(JSON, ("Content-Encoding", coding)), body=body)
for coding in ("gzip", "identity", "br", "deflate", "snappy", ""):
    body = messages.frame(gzip.compress(GOOD_PROTO), 1) if coding == "gzip" else messages.frame(GOOD_PROTO)
    grpc(f"gRPC coding {coding!r}", body, (("grpc-encoding", coding),))
    post(f"gRPC-Web coding {coding!r}", headers=(("content-type", "application/grpc-web"), ("grpc-encoding", coding)), body=body)
grpc("gRPC gzip, not gzip", messages.frame(GOOD_PROTO, 1), (("grpc-encoding", "gzip"),))
for accepted in ("gzip", "br, gzip", "gzip;q=0", "identity", "*", "br", "gzip, identity"):
    for path in (V1, "/flagd.evaluation.v1.Service/ResolveAll"):
        post(f"accepts {accepted!r}", path, (JSON, ("Accept-Encoding", accepted)))
        grpc(f"gRPC accepts {accepted!r}", messages.frame(messages.encode(path, {})), (("grpc-accept-encoding", accepted),), path=path)
    post(f"stream accepts {accepted!r}", STREAM, (("content-type", "application/connect+json"), ("Connect-Accept-Encoding", accepted)), messages.frame(b"{}"))

LONG = json.dumps({"flagKey": "boolean", "context": {"a": "x" * 1_000_001}}).encode()
FITS = json.dumps({"flagKey": "boolean", "context": {"a": "x" * 990_000}}).encode()
for name, body in (("a body that fits", FITS), ("an oversize body", LONG)):
    message = messages.encode(V1, json.loads(body))
    post(name, body=body)
    post(name, body=body, transport=http2)
    post(name + " in protobuf", headers=(("content-type", "application/proto"),), body=message)
    grpc(name + " over gRPC", messages.frame(message))
    post(name + " over gRPC-Web", headers=(("content-type", "application/grpc-web+proto"),), body=messages.frame(message))
    post(name + ", compressed", headers=(JSON, ("Content-Encoding", "gzip")), body=gzip.compress(body))
    grpc(name + " over gRPC, compressed", messages.frame(gzip.compress(message), 1), (("grpc-encoding", "gzip"),))
    post(name + " on a stream", STREAM, (("content-type", "application/connect+json"),), messages.frame(body))
    post(name + " on an unknown path", "/nope", body=body)
    post(name + " chunked", headers=(JSON, ("Transfer-Encoding", "chunked")), body=b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
for count in (90, 110, 300, 1_000):
    for transport in (http1, http2):
        post(f"{count} headers", headers=(JSON, *((f"x-{n}", "x") for n in range(count))), transport=transport)
for length in (100, 4_000, 900_000, 1_100_000):
    for transport in (http1, http2):
        post(f"a header of {length}", headers=(JSON, ("x-long", "x" * length)), transport=transport)
        post(f"many headers, {length} in all", headers=(JSON, *((f"x-{n}", "x" * 90) for n in range(length // 100))), transport=transport)
        # flagd creates metrics for each path, so these run in a separate profile.
        post(f"a path of {length}", "/" + "x" * length, transport=transport, profile="paths")

START = b"POST " + V1.encode() + b" HTTP/1.1\r\n"
TAIL = b"Content-Type: application/json\r\nContent-Length: 21\r\n"
raw("HTTP/1.0", START.replace(b"1.1", b"1.0") + TAIL + b"\r\n" + GOOD)
raw("HTTP/1.1 without Host", START + TAIL + b"\r\n" + GOOD)
raw("two Host fields", START + b"Host: a\r\nHost: b\r\n" + TAIL + b"\r\n" + GOOD)
raw("HTTP/3.7", START.replace(b"1.1", b"3.7") + b"Host: x\r\n" + TAIL + b"\r\n" + GOOD)
raw("not HTTP", b"hello\r\n\r\n")
raw("a TLS greeting", bytes.fromhex("16030100050100000100") + b"\0" * 20)
raw("two lengths", START + b"Host: x\r\nContent-Length: 20\r\n" + TAIL + b"\r\n" + GOOD)
raw("a length and chunks", START + b"Host: x\r\nTransfer-Encoding: chunked\r\n" + TAIL + b"\r\n15\r\n" + GOOD + b"\r\n0\r\n\r\n")
raw("a bad length", START + b"Host: x\r\nContent-Type: application/json\r\nContent-Length: x\r\n\r\n" + GOOD)
raw("bad chunks", START + b"Host: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
raw("an unknown transfer coding", START + b"Host: x\r\nContent-Type: application/json\r\nTransfer-Encoding: gzip\r\n\r\n")
raw("100-continue", START + b"Host: x\r\nExpect: 100-continue\r\n" + TAIL + b"\r\n" + GOOD)
raw("an unknown expectation", START + b"Host: x\r\nExpect: tea\r\n" + TAIL + b"\r\n" + GOOD)
raw("an upgrade to h2c", START + b"Host: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n" + TAIL + b"\r\n" + GOOD)
raw("a connection to be closed", START + b"Host: x\r\nConnection: close\r\n" + TAIL + b"\r\n" + GOOD)
raw("a body that does not come", START + b"Host: x\r\n" + TAIL + b"\r\n{", timeout=8)
raw("a header that does not come", START + b"Host: x\r\n", timeout=8)
raw("an absolute target", START.replace(b"/flagd", b"http://x/flagd", 1) + b"Host: x\r\n" + TAIL + b"\r\n" + GOOD)
raw("a bad header name", START + b"Host: x\r\na b: c\r\n" + TAIL + b"\r\n" + GOOD)
raw("a header without a colon", START + b"Host: x\r\nabc\r\n" + TAIL + b"\r\n" + GOOD)

for origin in ("https://a.example", "null", "x"):
    for port, path in (("port", V1), ("ofrep-port", "/ofrep/v1/evaluate/flags/boolean"), ("port", "/nope"), ("management-port", "/healthz")):
        plain = (("Origin", origin),)
        for profile in ("main", "cors"):
            post(f"CORS {port} {origin}", path, (JSON, *plain), profile=profile, port=port)
            for asked in (("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Method", "DELETE"), ("Access-Control-Request-Method", "TRACE")):
                for more in ((), (("Access-Control-Request-Headers", "content-type,connect-protocol-version,flagd-selector"),), (("Access-Control-Request-Private-Network", "true"),)):
                    post(f"preflight {port} {origin} {asked[1]} {[k for k, _ in more]}", path, (*plain, asked, *more), b"", method="OPTIONS", profile=profile, port=port)
            post(f"OPTIONS without a wish {port} {origin}", path, plain, b"", method="OPTIONS", profile=profile, port=port)
