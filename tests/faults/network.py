"""Faults of the network: sources that cannot be reached, and peers that vanish without closing their connections."""
import os, socket, subprocess, threading, time
from hanging_fs import LIBC
from http2 import RESOLVE_STRING, http2, post, call
from limits import DocumentServer
from report import Callers
from sidecar import Sidecar, replace, until, version_flags

HERE, THERE = "10.99.0.1", "10.99.0.2"
NEW_NETWORK = 0x40000000


class Neighbour:
    """A network namespace, connected to that of this script by one cable."""

    def __init__(self):
        self.holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        self.path = f"/proc/{self.holder.pid}/ns/net"
        own = os.readlink("/proc/self/ns/net")
        assert until(lambda: os.path.exists(self.path) and os.readlink(self.path) != own, 5)
        self.enter = ["nsenter", f"--net={self.path}"]
        for command in (f"ip link add cut0 type veth peer name cut1 netns {self.holder.pid}", f"ip address add {HERE}/24 dev cut0", "ip link set cut0 up"):
            subprocess.run(command.split(), check=True)
        for command in ("ip link set lo up", f"ip address add {THERE}/24 dev cut1", "ip link set cut1 up"):
            subprocess.run([*self.enter, *command.split()], check=True)

    def cut(self):
        """The far end of the cable: packets get lost, and no connection is closed."""
        subprocess.run([*self.enter, "ip", "link", "set", "cut1", "down"], check=True)

    def join(self):
        subprocess.run([*self.enter, "ip", "link", "set", "cut1", "up"], check=True)

    def inside(self, make):
        """The result of `make`, whose sockets belong to the other network."""
        made = []
        def run():
            with open(self.path) as namespace:
                if LIBC.setns(namespace.fileno(), NEW_NETWORK):
                    raise OSError("cannot enter the network namespace")
            made.append(make())
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        return made[0]

    def close(self):
        self.holder.kill()
        self.holder.wait()
        subprocess.run(["ip", "link", "delete", "cut0"], stderr=subprocess.DEVNULL)


def network_cut(report, program, seconds=60):
    """No packets between the sidecar and its sources for a minute: an HTTP source, and the flag sync of another fanion."""
    neighbour = Neighbour()
    web = neighbour.inside(lambda: DocumentServer(version_flags(1, 1).replace("flag-0", "web"), THERE))
    sync = Sidecar(program, version_flags(1), before=neighbour.enter, host=THERE)
    sources = [f"http://{THERE}:{web.server_port}/flags.json", f"grpc://{THERE}:{sync.ports['sync']}"]
    sidecar = Sidecar(program, sources=sources)
    stale = lambda kind: any(f'kind="{kind}"' in line for line in sidecar.metric("fanion_source_stale"))
    with Callers(sidecar, 0.05) as callers:
        neighbour.cut()
        begun = time.monotonic()
        web.text = version_flags(2, 1).replace("flag-0", "web")
        replace(sync.flags, version_flags(2))
        noticed = {}
        while time.monotonic() - begun < seconds:
            for kind in ("http", "grpc"):
                if kind not in noticed and stale(kind):
                    noticed[kind] = time.monotonic() - begun
            time.sleep(0.2)
        report.expect(set(noticed) == {"http", "grpc"}, "stale after " + ", ".join(f"{at:.1f} s ({kind})" for kind, at in noticed.items()))
        body = sidecar.body("management", "/readyz")
        report.expect(body[0] == 200 and body[1].count("stale flags") == len(noticed), f"/readyz {body}")
        report.expect((sidecar.value("web"), sidecar.value()) == ("1", "1"), "the last good flags are served")
        neighbour.join()
        healed = time.monotonic()
        for name, flag in (("http", "web"), ("grpc", "flag-1")):
            seen = until(lambda: sidecar.value(flag) == "2", 70, 0.1)
            report.expect(seen is not None, f"an edit during the cut served {time.monotonic() - healed:.1f} s after it ({name})")
    report.expect(not callers.failures, callers.figures())
    neighbour.cut()
    report.ends(sidecar)
    sidecar.stop()
    sync.stop()
    neighbour.close()


def silent_source(report, program):
    """An HTTP source that accepts connections and does not respond, with the default time limit of 30 s."""
    web = DocumentServer(version_flags(1))
    sidecar = Sidecar(program, sources=[f"http://127.0.0.1:{web.server_port}/flags.json"])
    with Callers(sidecar, 0.05) as callers:
        web.responds.clear()
        web.text = version_flags(2)
        begun = time.monotonic()
        stale = until(lambda: "stale flags" in sidecar.body("management", "/readyz")[1], 60, 0.2)
        # The interval of 5 s, and the time limit of the request.
        report.expect(stale is not None and stale <= 36, f"in /readyz after {stale or 60:.1f} s ({sidecar.metric('fanion_source_errors_total')})")
        report.serves(sidecar, 1, "meanwhile")
        web.responds.set()
        report.sees_edit(sidecar, 2, 10)
    report.expect(not callers.failures, f"{callers.figures()}; {time.monotonic() - begun:.0f} s")
    web.responds.clear()
    time.sleep(6)
    report.ends(sidecar)
    web.responds.set()
    sidecar.stop()


def half_open(report, program):
    """Clients vanish without closing: idle connections of HTTP/1.1 and HTTP/2, and event streams."""
    neighbour = Neighbour()
    sidecar = Sidecar(program, version_flags(1))
    before, baseline = sidecar.descriptors(), sidecar.resident()
    port = sidecar.ports["evaluation"]
    def connect():
        clients = []
        for _ in range(200):
            client = socket.create_connection((HERE, port))
            client.sendall(post(RESOLVE_STRING, b'{"flagKey":"flag-1"}'))
            client.recv(65536)
            clients.append(client)
            clients.append(http2(port, host=HERE))
            stream = http2(port, host=HERE)
            stream.sendall(call(1, b"/flagd.evaluation.v1.Service/EventStream", b""))
            clients.append(stream)
        return clients
    clients = neighbour.inside(connect)
    assert until(lambda: sidecar.number("fanion_event_streams") == 200, 10)
    during = sidecar.descriptors()
    neighbour.cut()
    begun = time.monotonic()
    with Callers(sidecar, 0.1) as callers:
        while time.monotonic() - begun < 300 and sidecar.descriptors() > before + 5:
            time.sleep(1)
            if sidecar.number("fanion_event_streams") == 0 and not any("streams ended" in fact for fact in report.facts):
                report.note(f"streams ended after {time.monotonic() - begun:.0f} s")
    report.expect(sidecar.descriptors() <= before + 5, f"descriptors {before} -> {during} -> {sidecar.descriptors()} after {time.monotonic() - begun:.0f} s")
    report.expect(not callers.failures, callers.figures())
    report.memory_returns(sidecar, baseline)
    neighbour.join()
    clients += neighbour.inside(connect)
    neighbour.cut()
    report.ends(sidecar)
    sidecar.stop()
    neighbour.close()


SCENARIOS = {"network-cut": network_cut, "silent-source": silent_source, "half-open": half_open}
