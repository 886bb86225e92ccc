"""An HTTP proxy before the API server that cuts connections, and that can ask for another version than the client does."""
import re, socket, ssl, threading


class Proxy:
    """Receives plain HTTP/1.1 and sends it on over TLS, one request a connection."""

    def __init__(self, cluster):
        self.trust = ssl.create_default_context(cafile=str(cluster.path / "certs" / "apiserver.crt"))
        self.cluster, self.requests, self.open, self.old_version = cluster, [], set(), None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
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
            head = b""
            while b"\r\n\r\n" not in head:
                data = client.recv(65536)
                if not data:
                    return
                head += data
            line = head.split(b"\r\n", 1)[0].decode()
            head = head.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
            if self.old_version and "watch=true" in line:
                head = re.sub(rb"resourceVersion=\d+", f"resourceVersion={self.old_version}".encode(), head, count=1)
                self.old_version = None
            self.requests.append(line)
            try:
                plain = socket.create_connection(("127.0.0.1", self.cluster.port))
                with self.trust.wrap_socket(plain, server_hostname="localhost") as server:
                    self.open.add(client)
                    server.sendall(head)
                    while data := server.recv(65536):
                        client.sendall(data)
            except OSError:
                pass
            finally:
                self.open.discard(client)

    def watches(self):
        return [line for line in self.requests if "watch=true" in line]

    def cut(self):
        """Resets all connections."""
        for client in list(self.open):
            try:
                client.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def stop(self):
        self.listener.close()
        self.cut()
