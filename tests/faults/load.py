"""Clients that are slow, idle, or too many."""
import select, socket, struct, threading, time
from http2 import PREFACE, RESOLVE, RESOLVE_STRING, call, frame, http2, post
from report import Callers
from sidecar import Sidecar, raise_descriptors, replace, version_flags

def closed_count(clients):
    """The number of connections that the server has closed."""
    poll = select.poll()
    for client in clients:
        poll.register(client, select.POLLRDHUP)
    return sum(bool(event & (select.POLLRDHUP | select.POLLHUP | select.POLLERR)) for _, event in poll.poll(0))


def slow_loris(report, program):
    """1,000 connections that send a byte a second: of the head, of the body, of the HTTP/2 preface."""
    raise_descriptors()
    sidecar = Sidecar(program, version_flags(1))
    baseline = sidecar.resident()
    message = b'{"flagKey":"flag-1"}'
    head = post(RESOLVE_STRING, message).removesuffix(message)
    requests = [(b"", head), (head, message), (b"", PREFACE), (b"", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 60)]
    clients = []
    for number in range(1000):
        client = socket.create_connection(("127.0.0.1", sidecar.ports["evaluation"]))
        first, rest = requests[number % len(requests)]
        client.sendall(first)
        clients.append((client, rest))
    begun, sent = time.monotonic(), 0
    with Callers(sidecar) as callers:
        while time.monotonic() - begun < 20 and closed_count([client for client, _ in clients]) < len(clients):
            for client, rest in clients:
                try:
                    client.send(rest[sent:sent + 1])
                except OSError:
                    pass
            sent += 1
            time.sleep(1)
        closed = closed_count([client for client, _ in clients])
    report.expect(closed == len(clients), f"{closed} of {len(clients)} closed after {time.monotonic() - begun:.1f} s")
    report.expect(not callers.failures, callers.figures())
    for client, _ in clients:
        client.close()
    report.memory_returns(sidecar, baseline)
    more = [socket.create_connection(("127.0.0.1", sidecar.ports["evaluation"])) for _ in range(1000)]
    for client in more:
        client.send(b"P")
    report.ends(sidecar)
    sidecar.stop()


def idle(report, program, count=10_000):
    """10,000 connections that have sent a request each and then stay silent."""
    count = min(count, raise_descriptors() - 200)
    sidecar = Sidecar(program, version_flags(1))
    baseline = sidecar.resident()
    request = post(RESOLVE_STRING, b'{"flagKey":"flag-1"}')
    clients = []
    for number in range(count):
        if number % 2:
            client = socket.create_connection(("127.0.0.1", sidecar.ports["evaluation"]))
            client.sendall(request)
            client.recv(65536)
        else:
            client = http2(sidecar.ports["evaluation"])
        clients.append(client)
    with Callers(sidecar) as callers:
        time.sleep(5)
        report.note(f"{count} connections; RSS {baseline:.1f} -> {sidecar.resident():.1f} MiB; {closed_count(clients)} closed by the server")
        replace(sidecar.flags, version_flags(2))
        report.sees_edit(sidecar, 2)
        probes = sorted(sidecar.get("management", "/readyz")[1] for _ in range(100))
        report.note(f"/readyz {probes[98]:.1f} ms at the 99th percentile")
    report.expect(not callers.failures, callers.figures())
    for client in clients:
        client.close()
    report.memory_returns(sidecar, baseline)
    clients = [socket.create_connection(("127.0.0.1", sidecar.ports["evaluation"])) for _ in range(count)]
    report.ends(sidecar)
    sidecar.stop()


def during(report, sidecar, action, name):
    """Expects evaluations and probes to go on during a flood."""
    with Callers(sidecar) as callers:
        stopped = []
        probes = []
        def probe():
            while not stopped:
                probes.append(sidecar.get("management", "/healthz")[1])
                time.sleep(0.01)
        thread = threading.Thread(target=probe)
        thread.start()
        begun = time.monotonic()
        count = action()
        seconds = time.monotonic() - begun
        stopped.append(True)
        thread.join()
    report.expect(not callers.failures, f"{name}: {count} in {seconds:.1f} s; {callers.figures()}; /healthz {max(probes):.0f} ms at most")


def connects(sidecar):
    """Connections that are reset at once."""
    for _ in range(20_000):
        client = socket.create_connection(("127.0.0.1", sidecar.ports["evaluation"]))
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
    return 20_000


def garbage(sidecar):
    """Bytes that are no protocol."""
    for number in range(2000):
        with socket.create_connection(("127.0.0.1", sidecar.ports["evaluation"])) as client:
            try:
                client.sendall(bytes((number * 7 + at * 31) % 256 for at in range(500)))
            except OSError:
                pass
    return 2000


def rapid_reset(sidecar):
    """Requests of HTTP/2 that are cancelled at once (CVE-2023-44487)."""
    sent = 0
    for _ in range(50):
        client = http2(sidecar.ports["evaluation"])
        client.settimeout(5)
        batch = b"".join(call(2 * i + 1, RESOLVE, b"\x0a\x06flag-1") + frame(3, 0, 2 * i + 1, struct.pack(">I", 8)) for i in range(1000))
        try:
            client.sendall(batch)
            sent += 1000
        except OSError:
            pass
        client.close()
    return sent


def edits(sidecar):
    """A file that is replaced as fast as possible."""
    begun, version = time.monotonic(), 1
    while time.monotonic() - begun < 5:
        version += 1
        replace(sidecar.flags, version_flags(version))
    return version


def floods(report, program):
    raise_descriptors()
    sidecar = Sidecar(program, version_flags(1))
    baseline = sidecar.resident()
    for name, flood in (("connections", connects), ("garbage", garbage), ("rapid reset", rapid_reset)):
        during(report, sidecar, lambda: flood(sidecar), name)
    versions = []
    during(report, sidecar, lambda: versions.append(edits(sidecar)) or versions[0], "edits")
    report.sees_edit(sidecar, versions[0], what="the last edit")
    report.note(f"RSS {sidecar.resident():.1f} MiB")
    report.memory_returns(sidecar, baseline)
    flood = threading.Thread(target=lambda: quiet(connects, sidecar))
    flood.start()
    time.sleep(0.2)
    report.ends(sidecar)
    flood.join()
    sidecar.stop()


def quiet(action, sidecar):
    """Runs a flood until the server has ended."""
    try:
        action(sidecar)
    except OSError:
        pass


SCENARIOS = {"slow-loris": slow_loris, "idle": idle, "floods": floods}
