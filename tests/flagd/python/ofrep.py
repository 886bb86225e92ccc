"""OFREP: single and bulk evaluation, and invalid requests."""

import functools
import gzip

import http1
import http2
import rpc
from case import add
from evaluation import KEYS
from urllib.parse import quote

BASE = "/ofrep/v1/evaluate/flags"


def ask(daemon, method, path, headers, body, transport=http1):
    return rpc.http(transport, daemon.port("ofrep-port"), method, path, headers, body, timeout=6)


def case(name, path, body=b"", headers=(), method="POST", transport=http1, profile="main"):
    call = functools.partial(ask, method=method, path=path, headers=headers, body=body, transport=transport)
    add(profile, f"ofrep {name}: {method} {path}", call)


for key in KEYS:
    if key:
        case("single", f"{BASE}/{quote(key, safe='')}")
        case("single with a context", f"{BASE}/{quote(key, safe='')}", b'{"context":{"targetingKey":"user-1","ring":"beta"}}')
case("bulk", BASE)
case("bulk with a context", BASE, b'{"context":{"targetingKey":"user-1","ring":"beta"}}')
case("bulk with a slash", BASE + "/")
for ring in ("beta", "public", ""):
    case(f"header {ring!r}", f"{BASE}/by-reference", b'{"context":{"ring":"internal"}}', (("X-Ring", ring),))

BODIES = [b"", b" ", b"null", b"{}", b"[]", b"1", b'"x"', b"{", b"nope", b'{"context":null}', b'{"context":"x"}', b'{"context":[]}',
          b'{"context":1}', b'{"Context":{"ring":"beta"}}', b'{"context":{"ring":"beta"}} trailing', b'{"context":{"ring":"beta"}}{}',
          b'{"context":{"ring":"public"},"context":{"ring":"beta"}}', b'{"context":{"ring":"beta"},"x":1}', b'{"context":{"ring":NaN}}',
          b'{"context":{"ring":"be\xffta"}}', b'{"context":{"ring":1e999}}', b'\xef\xbb\xbf{}', b'{"context":{"a":{"b":[1,null]},"ring":"beta"}}',
          b'{"context":{"ring":"beta",}}', b'{"context":{"a":' + b"[" * 11000 + b"]" * 11000 + b"}}"]  # fmt: skip
for body in BODIES:
    shown = body[:80].decode("utf-8", "backslashreplace")
    case(f"body {shown}", f"{BASE}/by-reference", body)
    case(f"body {shown}", BASE, body)
PATHS = ["/", "/ofrep", "/ofrep/v1", "/ofrep/v1/evaluate", "/ofrep/v1/configuration", BASE + "/boolean/", BASE + "/boolean/x", BASE + "//boolean",
         "//ofrep/v1/evaluate/flags/boolean", "/ofrep/v1/../v1/evaluate/flags/boolean", BASE + "/a%2Fb", BASE + "/with%20space", BASE + "/%zz",
         BASE + "/boolean?x=1", BASE + "?x=1", BASE + "/.", BASE + "/..", BASE + "/%2E%2E", "/OFREP/v1/evaluate/flags/boolean", BASE + "/BOOLEAN",
         BASE + "/with+space", BASE + "/ü", "/ofrep/v2/evaluate/flags", V1 := "/flagd.evaluation.v1.Service/ResolveBoolean", "/healthz", "/metrics"]  # fmt: skip
for path in PATHS:
    case("path", path)
    case("path", path, method="GET")
for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
    case("method", f"{BASE}/boolean", method=method)
    case("method", BASE, method=method)
for kind in ("text/plain", "application/xml", "application/json; charset=latin1", ""):
    case(f"content type {kind!r}", f"{BASE}/boolean", b"{}", (("Content-Type", kind),))
case("oversize body", f"{BASE}/boolean", b'{"context":{"a":"' + b"x" * 1_000_001 + b'"}}')
case("oversize body", BASE, b'{"context":{"a":"' + b"x" * 1_000_001 + b'"}}')
case("oversize body that is no JSON", BASE, b"x" * 1_100_000)
case("body that fits", f"{BASE}/boolean", b'{"context":{"a":"' + b"x" * 990_000 + b'"}}')
case("oversize header", f"{BASE}/boolean", headers=(("X-Long", "x" * 1_100_000),))
case("header that fits", f"{BASE}/boolean", headers=(("X-Long", "x" * 900_000),))
case("gzip body", f"{BASE}/by-reference", gzip.compress(b'{"context":{"ring":"beta"}}'), (("Content-Encoding", "gzip"),))
case("accepts gzip", BASE, headers=(("Accept-Encoding", "gzip"),))
case("accepts xml", f"{BASE}/boolean", headers=(("Accept", "application/xml"),))
case("a tag", BASE, headers=(("If-None-Match", '"x"'),))
case("any tag", BASE, headers=(("If-None-Match", "*"),))
case("HTTP/2", f"{BASE}/boolean", transport=http2)
case("narrow: oversize body", f"{BASE}/boolean", b'{"context":{"a":"' + b"x" * 3000 + b'"}}', profile="narrow")
case("narrow: oversize header", f"{BASE}/boolean", headers=(("X-Long", "x" * 30_000),), profile="narrow")
