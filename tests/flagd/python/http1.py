"""HTTP/1.1 over a raw socket, so that a case controls each byte."""

import http.client
import io

from connection import Connection


class Stream(Connection):
    """A connection with one request on it."""

    def __init__(self, port, text, timeout=10):
        super().__init__(port, timeout)
        try:
            self.socket.sendall(text)
        except OSError:
            # Rejected while the request was still being sent; there may be a response nevertheless.
            pass

    def take_in(self, data):
        self.raw += data
        self.read(closed=not data)

    def read(self, closed):
        """Parses the received bytes: first the head, then the body, chunked or not."""
        if not self.answer.headers:
            self.head()
        if self.answer.headers:
            if self.chunked:
                while not self.answer.ended and self.chunk():
                    pass
            else:
                self.answer.data += self.raw
                self.raw = b""
                if 0 <= self.length <= len(self.answer.data):
                    self.answer.ended = "end"
        if closed and not self.answer.ended:
            self.answer.ended = "closed"

    def head(self):
        head, found, rest = self.raw.partition(b"\r\n\r\n")
        if not found:
            return
        self.raw = rest
        if head.startswith(b"HTTP/1.1 100"):
            self.head()
            return
        first, _, fields = head.partition(b"\r\n")
        values = pairs(fields)
        self.answer.headers = [(":status", first.split(b" ")[1].decode()), *values]
        self.chunked = dict(values).get("transfer-encoding") == "chunked"
        bodiless = self.answer.headers[0][1] in ("204", "304")
        self.length = 0 if bodiless else int(dict(values).get("content-length", -1))

    def chunk(self):
        """Parses one chunk. Returns false if the chunk is incomplete or the last one."""
        size, found, rest = self.raw.partition(b"\r\n")
        if not found:
            return False
        length = int(size, 16)
        if length == 0:
            trailers, found, _ = (b"\r\n" + rest).partition(b"\r\n\r\n")
            if found:
                self.answer.trailers = pairs(trailers[2:])
                self.answer.ended = "end"
            return False
        if len(rest) < length + 2:
            return False
        self.answer.data += rest[:length]
        self.raw = rest[length + 2 :]
        return True


def pairs(lines):
    """Header fields in their order, with names in lower case."""
    parsed = http.client.parse_headers(io.BytesIO(lines + b"\r\n\r\n"))
    return [(k.lower(), v) for k, v in parsed.items()]


def request(method, path, headers=(), body=b"", version="1.1"):
    """The bytes of a request. Host and Content-Length are added unless `headers` has them."""
    names = {k.lower() for k, _ in headers}
    fields = list(headers)
    if "host" not in names:
        fields.insert(0, ("Host", "127.0.0.1"))
    if not names & {"content-length", "transfer-encoding"} and (body or method in ("POST", "PUT")):
        fields.append(("Content-Length", str(len(body))))
    head = f"{method} {path} HTTP/{version}\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields) + "\r\n"
    return head.encode("utf-8", "surrogateescape") + body


def ask(port, method, path, headers=(), body=b"", timeout=10):
    if method == "HEAD":
        # A response to HEAD may have a Content-Length, but has no body.
        headers = [*headers, ("Connection", "close")]
        stream = Stream(port, request(method, path, headers, body), timeout)
        stream.read = lambda closed: Stream.read(stream, closed) if closed else None
        return stream.whole()
    return Stream(port, request(method, path, headers, body), timeout).whole()
