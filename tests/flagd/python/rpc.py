"""RPCs in all protocols, and their responses in one comparable form."""

import gzip
import json

import http1
import http2
import messages

# The evaluation services.
EVALUATION = ("schema.v1.Service", "flagd.evaluation.v1.Service", "flagd.evaluation.v2.Service")

# Name: (module, content type of unary calls, content type of streams).
PROTOCOLS = {
    "grpc": (http2, "application/grpc", "application/grpc"),
    "grpc+json": (http2, "application/grpc+json", "application/grpc+json"),
    "grpc-web": (http1, "application/grpc-web+proto", "application/grpc-web+proto"),
    "grpc-web+json": (http1, "application/grpc-web+json", "application/grpc-web+json"),
    "grpc-web-h2": (http2, "application/grpc-web+proto", "application/grpc-web+proto"),
    "connect+json": (http1, "application/json", "application/connect+json"),
    "connect+json-h2": (http2, "application/json", "application/connect+json"),
    "connect+proto": (http1, "application/proto", "application/connect+proto"),
    "connect+proto-h2": (http2, "application/proto", "application/connect+proto"),
}

# Headers that differ between equal responses.
TRANSIENT = {"date", "content-length", "transfer-encoding", ":status"}

# gRPC headers that are not part of the trailers.
NEGOTIATION = {"grpc-encoding", "grpc-accept-encoding"}


def is_json(kind):
    return kind.split(";")[0].lower().endswith("json")


def text(data):
    return data.decode("utf-8", "backslashreplace")


def parsed(data):
    try:
        return json.loads(data)
    except ValueError:
        return text(data)


def message(kind, path, data):
    return parsed(data) if is_json(kind) else messages.decode(path, data)


def fields(headers):
    """Header fields as a dictionary; equal names are joined."""
    found = {}
    for name, value in headers:
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def enveloped(kind, path, answer):
    """The messages of a framed body, and the end-of-stream frame."""
    found, rest = messages.frames(answer.data)
    told = []
    for flags, payload in found:
        if flags & 1:
            payload = gzip.decompress(payload)
        if flags & 0x80:
            lines = [line.partition(":") for line in text(payload).split("\r\n") if line]
            told.append({"end": {k.strip().lower(): v.strip() for k, _, v in lines}})
        elif flags & 2 and "connect" in kind:
            told.append({"end": parsed(payload)})
        else:
            told.append(message(kind, path, payload))
    if rest:
        told.append({"rest": text(rest)})
    return told


def by_key(body):
    """An OFREP bulk response with its flags by key (a duplicate as `key#2`), and the order of the keys."""
    flags, found = {}, body["flags"]
    for flag in found:
        key, count = str(flag.get("key")), 1
        while (name := key if count == 1 else f"{key}#{count}") in flags:
            count += 1
        flags[name] = flag
    return {**body, "flags": flags, "order": " ".join(str(f.get("key")) for f in found)}


def normal(answer, path=None):
    """A response as nested dictionaries, in the same form for all protocols."""
    headers, trailers = fields(answer.headers), fields(answer.trailers)
    # An error without messages may be sent in headers only, and gRPC-Web's trailers are part of the body. Clients treat
    # all of them as trailers.
    for name in [n for n in headers if n.startswith("grpc-") and n not in NEGOTIATION]:
        trailers[name] = headers.pop(name)
    kind = headers.get("content-type", "")
    data = answer.data
    try:
        if headers.get("content-encoding") == "gzip":
            answer.data = data = gzip.decompress(data)
        if "grpc" in kind or "connect+" in kind:
            body = enveloped(kind, path, answer)
        elif kind == "application/proto" and path:
            body = messages.decode(path, data)
        elif is_json(kind):
            body = parsed(data)
            if isinstance(body, dict) and isinstance(body.get("flags"), list):
                body = by_key(body)
        else:
            body = text(data)
    except (KeyError, OSError, EOFError) as fault:
        body = {"undecodable": repr(fault), "text": text(data)}
    if "grpc-web" in kind and isinstance(body, list) and body and list(body[-1]) == ["end"]:
        trailers |= body.pop()["end"]
    if trailers.get("grpc-message") == "":
        # An empty message is equal to a missing one.
        del trailers["grpc-message"]
    return {
        "status": headers.get(":status"),
        "headers": {k: v for k, v in headers.items() if k not in TRANSIENT},
        "body": body,
        "trailers": trailers,
        "ended": answer.ended or "open",
    }


def asked(protocol, path, body, headers=(), stream=False):
    """The request of a protocol: (module, headers, bytes)."""
    transport, unary, streaming = PROTOCOLS[protocol]
    kind = streaming if stream else unary
    data = json.dumps(body).encode() if is_json(kind) else messages.encode(path, body)
    own = [("content-type", kind)]
    if "grpc" in kind or stream:
        data = messages.frame(data)
    if kind.startswith("application/grpc") and transport is http2:
        own.append(("te", "trailers"))
    return transport, [*own, *headers], data


def documents(answer):
    """The response with parsed flag documents."""
    for message in answer["body"] if isinstance(answer["body"], list) else ():
        if isinstance(message, dict) and "flagConfiguration" in message:
            message["flagConfiguration"] = parsed(message["flagConfiguration"].encode())
    return answer


def call(port, protocol, path, body, headers=(), timeout=10):
    """One unary call."""
    transport, sent, data = asked(protocol, path, body, headers)
    return normal(transport.ask(port, "POST", path, sent, data, timeout), path)


def stream(port, protocol, path, body, headers=(), timeout=10):
    """An open stream of responses."""
    transport, sent, data = asked(protocol, path, body, headers, stream=True)
    if transport is http2:
        return http2.Stream(port, "POST", path, sent, data, timeout)
    return http1.Stream(port, http1.request("POST", path, sent, data), timeout)


def first(port, protocol, path, body, headers=(), count=1, timeout=10):
    """The start of a stream: headers and the first messages."""
    opened = stream(port, protocol, path, body, headers, timeout)
    answer = opened.until(lambda a: len(messages.frames(a.data)[0]) >= count, timeout)
    opened.close()
    told = normal(answer, path)
    if len(told["body"]) >= count:
        # The end may or may not have arrived by now.
        told["ended"] = "enough"
    return told


def http(transport, port, method, path, headers=(), body=b"", timeout=10):
    """A plain HTTP request."""
    return normal(transport.ask(port, method, path, headers, body, timeout), path)
