#!/usr/bin/env python3
"""Shows how a sidecar survives clients that do not read, bursts of connections, expensive requests and shutdown.

usage: transport.py PROGRAM [SCENARIO...]

Each scenario starts PROGRAM (a fanion) with its own flags, and prints one line with what was observed:

  unread      75 kB of requests on an HTTP/2 connection without a window; resident memory, and the life of the connection
  pipelined   pipelined HTTP/1.1 requests whose responses are not read; the same
  connections 5,000 HTTP/2 connections with a request each, all closed; resident memory before, during, and after 60 s
  stall       250 ResolveAll calls of 10,000 flags on each of two connections; latency of /healthz and of other calls
  gzip        the same with 250 messages of 913 bytes that decompress to 900 kB
  halfclose   requests that hyper handles, with FIN behind them; lost responses
  drain       busy HTTP/1.1 keep-alive connections across SIGTERM; lost requests
  backlog     clients that open a connection for each request, across SIGTERM; lost requests
  sigterm     SIGTERM with unread responses, unfinished requests and silent connections; time until the process has ended
  descriptors one idle connection on each port with 80 file descriptors; responses of the other ports
"""
import gzip, select, socket, struct, sys, threading, time
from http2 import RESOLVE, RESOLVE_ALL, call, frame, frames, http2, post
from sidecar import Sidecar, boolean_flags, raise_descriptors

def until_closed(client, most):
    """The seconds until the server closes a connection whose responses are not read, or None."""
    begun = time.time()
    poll = select.poll()
    poll.register(client, select.POLLRDHUP | select.POLLHUP)
    return round(time.time() - begun, 1) if poll.poll(most * 1000) else None


def unread(program):
    sidecar = Sidecar(program, boolean_flags(5000))
    before = sidecar.resident()
    client = http2(sidecar.ports["evaluation"], window=0)
    requests = b"".join(call(2 * i + 1, RESOLVE_ALL, b"") for i in range(250))
    client.sendall(requests)
    time.sleep(3)
    held = sidecar.resident()
    closed = until_closed(client, 45)
    print(f"unread: {len(requests)} bytes of requests; RSS {before:.1f} -> {held:.1f} MiB; closed after {closed} s; {sidecar.metric('fanion_limit')}")
    sidecar.stop()


def pipelined(program):
    sidecar = Sidecar(program, boolean_flags(5000))
    before = sidecar.resident()
    client = socket.create_connection(("127.0.0.1", sidecar.ports["evaluation"]))
    client.setblocking(False)
    try:
        for _ in range(2000):
            client.send(post(RESOLVE_ALL, b"{}"))
    except BlockingIOError:
        pass
    time.sleep(3)
    held = sidecar.resident()
    closed = until_closed(client, 45)
    print(f"pipelined: RSS {before:.1f} -> {held:.1f} MiB; closed after {closed} s; {sidecar.metric('fanion_limit')}")
    sidecar.stop()


def connections(program):
    raise_descriptors()
    sidecar = Sidecar(program, boolean_flags(100))
    before = sidecar.resident()
    clients = []
    for _ in range(5000):
        client = http2(sidecar.ports["evaluation"])
        client.sendall(call(1, RESOLVE, b"\x0a\x06flag-1"))
        clients.append(client)
    time.sleep(2)
    during = sidecar.resident()
    for client in clients:
        client.close()
    time.sleep(60)
    print(f"connections: RSS {before:.1f} -> {during:.1f} -> {sidecar.resident():.1f} MiB 60 s after the last was closed")
    sidecar.stop()


def probe_during(sidecar, requests):
    """Sends requests on two connections; returns the latencies of /healthz and of a small call until they are answered."""
    busy = True
    def send():
        client = http2(sidecar.ports["evaluation"])
        client.sendall(requests)
        ended = 0
        for kind, flags, _, payload in frames(client, 1 << 20):
            ended += kind in (0, 1) and flags & 1
            if kind == 0 and payload:
                client.sendall(frame(8, 0, 0, struct.pack(">I", len(payload))))
            if ended == 250:
                break
    senders = [threading.Thread(target=send) for _ in range(2)]
    probes, calls = [], []
    def call_small():
        with socket.create_connection(("127.0.0.1", sidecar.ports["evaluation"]), timeout=60) as client:
            while busy:
                begun = time.perf_counter()
                client.sendall(post(RESOLVE, b'{"flagKey":"flag-1"}'))
                client.recv(65536)
                calls.append((time.perf_counter() - begun) * 1e3)
                time.sleep(0.002)
    caller = threading.Thread(target=call_small)
    caller.start()
    for sender in senders:
        sender.start()
    while any(sender.is_alive() for sender in senders):
        probes.append(sidecar.get("management", "/healthz")[1])
        time.sleep(0.002)
    busy = False
    caller.join()
    return probes, calls


def p99(values):
    return sorted(values)[len(values) * 99 // 100]


def stall(program):
    sidecar = Sidecar(program, boolean_flags(10_000))
    probes, calls = probe_during(sidecar, b"".join(call(2 * i + 1, RESOLVE_ALL, b"") for i in range(250)))
    print(f"stall: healthz p99 {p99(probes):.1f} max {max(probes):.1f} ms ({len(probes)}); calls p99 {p99(calls):.1f} max {max(calls):.1f} ms ({len(calls)})")
    sidecar.stop()


def bomb(program):
    sidecar = Sidecar(program, boolean_flags(100))
    # A context with one long string.
    value = b"\x1a" + varint(900_000) + b"x" * 900_000
    entry = b"\x0a\x01a\x12" + varint(len(value)) + value
    fields = b"\x0a" + varint(len(entry)) + entry
    message = gzip.compress(b"\x0a\x06flag-1\x12" + varint(len(fields)) + fields, 9)
    probes, calls = probe_during(sidecar, b"".join(call(2 * i + 1, RESOLVE, message, True) for i in range(250)))
    print(f"gzip ({len(message)} bytes): healthz p99 {p99(probes):.1f} max {max(probes):.1f} ms ({len(probes)}); calls p99 {p99(calls):.1f} max {max(calls):.1f} ms ({len(calls)})")
    sidecar.stop()


def varint(number):
    out = b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


def halfclose(program):
    sidecar = Sidecar(program, boolean_flags(10))
    lost = 0
    for _ in range(500):
        with socket.create_connection(("127.0.0.1", sidecar.ports["evaluation"])) as client:
            client.sendall(post(RESOLVE, b'{"flagKey":"flag-1"}', "Expect: nothing\r\n"))
            client.shutdown(socket.SHUT_WR)
            try:
                lost += not client.recv(65536).startswith(b"HTTP/1.1 200")
            except ConnectionError:
                lost += 1
    print(f"halfclose: {lost} of 500 responses lost")
    sidecar.stop()


def end_under_load(sidecar, clients, after):
    """Runs each client in a thread until it returns, and ends the sidecar `after` so many seconds."""
    threads = [threading.Thread(target=client) for client in clients]
    for thread in threads:
        thread.start()
    time.sleep(after)
    sidecar.process.terminate()
    for thread in threads:
        thread.join()
    sidecar.process.wait()


def drain(program):
    sent = lost = closed = 0
    for turn in range(10):
        sidecar = Sidecar(program, boolean_flags(10))
        results = []
        def busy():
            with socket.create_connection(("127.0.0.1", sidecar.ports["evaluation"])) as client:
                count, fields = 0, "Expect: nothing\r\n" if turn % 2 else ""
                while True:
                    try:
                        client.sendall(post(RESOLVE, b'{"flagKey":"flag-1"}', fields))
                        data = client.recv(65536)
                    except ConnectionError:
                        data = b""
                    count += 1
                    if not data.startswith(b"HTTP/1.1 200"):
                        return results.append((count, "lost"))
                    if b"connection: close" in data:
                        return results.append((count, "closed"))
        end_under_load(sidecar, [busy] * 30, after=0.3)
        sent += sum(count for count, _ in results)
        lost += sum(end == "lost" for _, end in results)
        closed += sum(end == "closed" for _, end in results)
        sidecar.stop()
    print(f"drain: {sent} requests on 300 connections over 10 shutdowns; {lost} lost; {closed} connections closed as announced")


def backlog(program):
    """The kernel accepts connections before the program does. Those must be answered; later ones are refused."""
    sent = lost = 0
    for _ in range(50):
        sidecar = Sidecar(program, boolean_flags(10))
        results = []
        def busy():
            count = 0
            while True:
                try:
                    client = socket.create_connection(("127.0.0.1", sidecar.ports["evaluation"]))
                except (ConnectionRefusedError, ConnectionResetError):
                    return results.append((count, 0))
                with client:
                    count += 1
                    try:
                        client.sendall(post(RESOLVE, b'{"flagKey":"flag-1"}'))
                        data = client.recv(65536)
                    except ConnectionError:
                        data = b""
                if not data.startswith(b"HTTP/1.1 200"):
                    return results.append((count, 1))
        end_under_load(sidecar, [busy] * 8, after=0.1)
        sent += sum(count for count, _ in results)
        lost += sum(failed for _, failed in results)
        sidecar.stop()
    print(f"backlog: {sent} requests on as many connections over 50 shutdowns; {lost} lost")


def sigterm(program):
    sidecar = Sidecar(program, boolean_flags(5000))
    unread = http2(sidecar.ports["evaluation"], window=0)
    unread.sendall(b"".join(call(2 * i + 1, RESOLVE_ALL, b"") for i in range(250)))
    pipelined = socket.create_connection(("127.0.0.1", sidecar.ports["evaluation"]))
    pipelined.sendall(post(RESOLVE_ALL, b"{}") * 100)
    begun = [socket.create_connection(("127.0.0.1", port)) for port in sidecar.ports.values() for _ in range(3)]
    for client in begun[::2]:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n")
    time.sleep(1)
    seconds, code = sidecar.terminate()
    print(f"sigterm: ended after {seconds:.2f} s with {code}")
    sidecar.stop()


def descriptors(program):
    sidecar = Sidecar(program, boolean_flags(10), descriptors=80)
    idle = [socket.create_connection(("127.0.0.1", sidecar.ports[name])) for name in ("evaluation", "ofrep", "sync") for _ in range(6)]
    found = {name: sidecar.get(name, "/healthz")[0] for name in ("evaluation", "ofrep", "management")}
    print(f"descriptors: {found}; {sidecar.metric('fanion_limit')}; warnings {[line['message'] for line in sidecar.log if line['level'] == 'WARN']}")
    del idle
    sidecar.stop()


SCENARIOS = {"unread": unread, "pipelined": pipelined, "connections": connections, "stall": stall, "gzip": bomb, "halfclose": halfclose,
             "drain": drain, "backlog": backlog, "sigterm": sigterm, "descriptors": descriptors}
for name in sys.argv[2:] or SCENARIOS:
    SCENARIOS[name](sys.argv[1])
