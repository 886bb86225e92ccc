"""Frames of HTTP/2 and requests of HTTP/1.1 as bytes, so that a scenario decides when each byte is sent and read."""
import socket, struct

RESOLVE_ALL = b"/flagd.evaluation.v1.Service/ResolveAll"
RESOLVE = b"/flagd.evaluation.v1.Service/ResolveBoolean"
RESOLVE_STRING = b"/flagd.evaluation.v1.Service/ResolveString"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def frame(kind, flags, stream, payload):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def header(name, value):
    """A header field as an HPACK literal without Huffman coding."""
    return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value


def call(stream, path, message, compressed=False):
    """A gRPC call as HEADERS and DATA."""
    fields = [(b":method", b"POST"), (b":scheme", b"http"), (b":path", path), (b":authority", b"x"),
              (b"content-type", b"application/grpc"), (b"te", b"trailers")]
    fields += [(b"grpc-encoding", b"gzip")] if compressed else []
    body = bytes([compressed]) + struct.pack(">I", len(message)) + message
    return frame(1, 4, stream, b"".join(header(*field) for field in fields)) + frame(0, 1, stream, body)


def http2(port, window=2**31 - 1, host="127.0.0.1"):
    """A connection whose streams may receive `window` bytes."""
    client = socket.create_connection((host, port))
    client.sendall(PREFACE + frame(4, 0, 0, struct.pack(">HI", 4, window)) + frame(8, 0, 0, struct.pack(">I", 2**30)))
    received = b""
    # More than 64 kB of requests may be sent once the server has opened its window.
    while b"\0\0\4\x08\0\0\0\0\0" not in received and (chunk := client.recv(4096)):
        received += chunk
    return client


def frames(client, size=65536):
    """The frames that arrive, as kind, flags, stream and payload, until the peer closes the connection."""
    data = b""
    while chunk := client.recv(size):
        data += chunk
        while len(data) >= 9 and len(data) >= 9 + (length := int.from_bytes(data[:3], "big")):
            yield data[3], data[4], int.from_bytes(data[5:9], "big"), data[9 : 9 + length]
            data = data[9 + length :]


def post(path, message, fields=""):
    head = f"POST {path.decode()} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{fields}Content-Length: {len(message)}\r\n\r\n"
    return head.encode() + message
