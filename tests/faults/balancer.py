"""A TCP load balancer as endpoints of Kubernetes behave: new connections go to daemons that are ready, connections that
exist stay where they are."""
import asyncio
import threading

# Seconds between two looks at /readyz of a daemon.
PROBE = 0.05


class Balancer:
    """Ports in front of the same ports of several daemons."""

    def __init__(self, daemons, ports):
        self.daemons, self.names = daemons, ports
        self.ready = dict.fromkeys(daemons, True)
        self.ports, self.tasks, self.turn, self.refused = {}, set(), 0, 0
        self.loop, started = asyncio.new_event_loop(), threading.Event()
        threading.Thread(target=self._run, args=(started,), daemon=True).start()
        started.wait()

    def _run(self, started):
        asyncio.set_event_loop(self.loop)
        for name in self.names:
            def accept(reader, writer, name=name):
                # asyncio holds tasks by weak references only.
                task = self.loop.create_task(self._connection(name, reader, writer))
                self.tasks.add(task)
                task.add_done_callback(self.tasks.discard)
            server = self.loop.run_until_complete(asyncio.start_server(accept, "127.0.0.1", 0))
            self.ports[name] = server.sockets[0].getsockname()[1]
        for daemon in self.daemons:
            self.tasks.add(self.loop.create_task(self._probe(daemon)))
        started.set()
        self.loop.run_forever()

    async def _probe(self, daemon):
        while True:
            self.ready[daemon] = await self._says_ready(daemon)
            await asyncio.sleep(PROBE)

    @staticmethod
    async def _says_ready(daemon):
        try:
            async with asyncio.timeout(1):
                reader, writer = await asyncio.open_connection("127.0.0.1", daemon.ports["management-port"])
                writer.write(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                answer = await reader.read()
                writer.close()
                return answer.startswith(b"HTTP/1.1 200")
        except (OSError, TimeoutError):
            return False

    async def _connect(self, name):
        """A connection to a daemon that is ready; to another one if it refuses, which happens between SIGTERM and the
        next look at /readyz. Load balancers call that a retry on connect failure, or redispatch."""
        self.turn += 1
        order = sorted(self.daemons, key=lambda daemon: (not self.ready[daemon], (self.daemons.index(daemon) + self.turn) % 2))
        for daemon in order:
            try:
                return await asyncio.open_connection("127.0.0.1", daemon.ports[name])
            except OSError:
                self.refused += 1
        return None

    async def _connection(self, name, reader, writer):
        backend = await self._connect(name)
        if backend is None:
            return writer.transport.abort()
        await asyncio.gather(self._copy(reader, backend[1]), self._copy(backend[0], writer))
        for each in (writer, backend[1]):
            each.close()

    @staticmethod
    async def _copy(reader, writer):
        """Copies bytes, then the end of the stream; a reset becomes a reset."""
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
            writer.write_eof()
        except OSError:
            writer.transport.abort()
