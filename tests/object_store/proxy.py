"""An HTTP proxy before an emulator that records each exchange."""
import re, socket, threading


class Exchange:
    """A request, and the size of its response."""

    def __init__(self, line, conditional):
        self.line, self.conditional, self.status, self.body_bytes = line, conditional, 0, 0


class RecordingProxy:
    """Passes one request a connection on to a server. With `adds_304`, answers a request whose entity tag is current in
    place of a server that ignores the header, as the real store does. With `hides_length`, the responses have no length."""

    def __init__(self):
        self.exchanges, self.target, self.adds_304, self.hides_length = [], None, False, False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with client:
            head = read_head(client)
            if not head:
                return
            line = head.split(b"\r\n", 1)[0].decode()
            tag = field(head, b"if-none-match")
            exchange = Exchange(line, tag is not None)
            try:
                with socket.create_connection(self.target, timeout=60) as server:
                    server.sendall(head.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
                    self.answer(client, server, exchange, tag)
            except OSError:
                pass
            self.exchanges.append(exchange)

    def answer(self, client, server, exchange, tag):
        head = read_head(server)
        exchange.status = int(head.split(b" ", 2)[1])
        head, _, body = head.partition(b"\r\n\r\n")
        if self.adds_304 and tag and exchange.status == 200 and field(head, b"etag") == tag:
            exchange.status = 304
            client.sendall(b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n")
            return
        if self.hides_length:
            head = re.sub(rb"\r\ncontent-length:[^\r]*", b"", head, flags=re.I)
        head = re.sub(rb"\r\n(connection|keep-alive):[^\r]*", b"", head, flags=re.I)
        client.sendall(head + b"\r\nConnection: close\r\n\r\n")
        while body or (body := server.recv(65536)):
            exchange.body_bytes += len(body)
            client.sendall(body)
            body = b""

    def stop(self):
        self.listener.close()


def read_head(connection):
    """The bytes up to the end of the head, and perhaps some of the body."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return b""
        data += more
    return data


def field(head, name):
    """The value of a header field; None if there is none."""
    found = re.search(rb"\r\n" + name + rb":[ ]*([^\r]*)", head, re.I)
    return found and found[1]
