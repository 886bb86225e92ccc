"""A small HTTP/1.1 client on asyncio: cheaper than a library, and with the bytes that the soak wants to send."""
import asyncio

TIMEOUT = 10


class Closed(Exception):
    """The server closed the connection."""


class Connection:
    def __init__(self, port):
        self.port, self.reader, self.writer = port, None, None

    async def __aenter__(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 22)
        return self

    async def __aexit__(self, *_):
        self.writer.close()

    async def call(self, method, path, body=b"", headers=""):
        """Status, headers and body of a call. The server closes connections that are idle for its read timeout; as HTTP
        clients do, this one opens another."""
        if self.reader.at_eof():
            self.writer.close()
            await self.__aenter__()
        self.send(method, path, body, headers)
        async with asyncio.timeout(TIMEOUT):
            return await self.answer()

    def send(self, method, path, body=b"", headers=""):
        head = f"{method} {path} HTTP/1.1\r\nHost: soak\r\nContent-Type: application/json\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
        self.writer.write(head.encode() + body)

    async def head(self):
        try:
            lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        except (asyncio.IncompleteReadError, ConnectionError) as why:
            raise Closed(f"connection closed: {why}") from None
        fields = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
        return int(lines[0].split()[1]), fields

    async def answer(self):
        status, fields = await self.head()
        if "content-length" in fields:
            return status, fields, await self.reader.readexactly(int(fields["content-length"]))
        if fields.get("transfer-encoding") != "chunked":
            return status, fields, b""
        body = b""
        while chunk := await self.chunk():
            body += chunk
        return status, fields, body

    async def chunk(self):
        """The next chunk; empty at the end."""
        size = int(await self.reader.readuntil(b"\r\n"), 16)
        return (await self.reader.readexactly(size + 2))[:-2]
