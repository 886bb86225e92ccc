"""Calls one at a time, a quota of CPU time, and the idle process: the load of a sidecar."""
import contextlib, dataclasses, json, os, pathlib, socket, statistics, subprocess, tempfile, threading, time

import load, request

IN_FLIGHT = (1, 2, 4, 8)
SERVICE = "/flagd.evaluation.v1.Service"
KEY = "ring"
# The share of a core that a quota grants, and the calls per second meanwhile.
QUOTA, RATE = 0.1, 200
IDLE_SECONDS = 60


@dataclasses.dataclass
class Case:
    """A server, and what the client sends it."""
    server: object
    address: str
    protocol: str
    path: str
    body: pathlib.Path


def usage(process):
    """The CPU time in nanoseconds and the context switches of all threads of a process."""
    spent = switches = 0
    for task in pathlib.Path(f"/proc/{process.pid}/task").iterdir():
        # A thread of the blocking pool may end meanwhile.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            spent += int((task / "schedstat").read_text().split()[0])
            lines = (task / "status").read_text().splitlines()
            switches += sum(int(line.split()[1]) for line in lines if "ctxt_switches" in line)
    return spent, switches


class Lone:
    """The benchmark. `bench` starts servers and has the options."""

    def __init__(self, bench):
        self.bench, self.peers, self.servers = bench, bench.options.peers, []

    def server(self, name, command, **how):
        server = self.bench.server(name, command, **how)
        self.servers.append(server)
        return server

    def call(self, case, in_flight, calls):
        """One run: CPU µs and context switches per call, and latencies."""
        before = usage(case.server.process)
        command = [f"{self.peers}/lone", case.address, case.protocol, case.path, case.body, str(in_flight), str(calls)]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout)
        after = usage(case.server.process)
        # The client makes some calls before it measures.
        return {"cpu": (after[0] - before[0]) / found["calls"] / 1000, "switches": (after[1] - before[1]) / found["calls"], **found}

    def cases(self):
        """All servers, and an echo with as many bytes as each kind of call."""
        flags = self.bench.file("lone.json", request.document())
        fanion = f"{self.bench.options.fanion} start -f file:{flags} -g 0 -m {{management}} -r {{ofrep}}"
        socket = self.bench.directory / "evaluation.sock"
        tcp = self.server("fanion", f"{fanion} -p {{port}}")
        unix = self.server("fanion, Unix", f"{fanion} --socket-path {socket}")
        grpc = self.bench.file("lone-grpc", request.grpc_one(KEY))
        connect = self.bench.file("lone-connect", request.connect_one(KEY))
        single = self.bench.file("lone-ofrep", request.ofrep())
        at = lambda server, port="port": f"127.0.0.1:{server.ports[port]}"
        boolean = f"{SERVICE}/ResolveBoolean"
        others = {name: self.server(name, f"{self.peers}/{name} 127.0.0.1:{{port}}") for name in ("tonic", "hyper", "axum")}
        cases = {
            "fanion, gRPC": Case(tcp, at(tcp), "grpc", boolean, grpc),
            "fanion, gRPC, Unix socket": Case(unix, str(socket), "grpc", boolean, grpc),
            "tonic": Case(others["tonic"], at(others["tonic"]), "grpc", boolean, grpc),
            "hyper": Case(others["hyper"], at(others["hyper"]), "grpc", boolean, grpc),
            "fanion, gRPC-Web": Case(tcp, at(tcp), "application/grpc-web+proto", boolean, grpc),
            "fanion, Connect JSON": Case(tcp, at(tcp), "application/json", boolean, connect),
            "fanion, OFREP": Case(tcp, at(tcp, "ofrep"), "application/json", f"/ofrep/v1/evaluate/flags/{KEY}", single),
            "axum": Case(others["axum"], at(others["axum"]), "application/json", boolean, connect),
        }
        for name, like in (("echo of gRPC", "fanion, gRPC"), ("echo of gRPC, Unix socket", "fanion, gRPC, Unix socket"),
                           ("echo of Connect JSON", "fanion, Connect JSON")):
            cases[name] = self.echo(name, cases[like])
        return cases

    def echo(self, name, case):
        """An echo with the bytes of a case."""
        found = self.call(case, 1, 10)
        lengths = f"{found['sent']} {found['received']}"
        protocol = "echo:" + lengths.replace(" ", ":")
        if "/" not in case.address:
            server = self.server(name, f"{self.peers}/echo 127.0.0.1:{{port}} {lengths}")
            return Case(server, f"127.0.0.1:{server.ports['port']}", protocol, "", case.body)
        path = self.bench.directory / "echo.sock"
        server = self.server(name, f"{self.peers}/echo {path} {lengths}")
        while not path.exists():
            server.check()
            time.sleep(0.01)
        return Case(server, str(path), protocol, "", case.body)

    def in_flight(self):
        """Medians by number of calls in flight and by server. The rounds run all servers in turn; the first is a warm-up."""
        cases = self.cases()
        rows = {count: {name: [] for name in cases} for count in IN_FLIGHT}
        for i in range(self.bench.options.lone_rounds + 1):
            for count in IN_FLIGHT:
                for name, case in cases.items():
                    found = self.call(case, count, self.bench.options.calls // 4)
                    if i > 0:
                        rows[count][name].append(found)
        return {str(count): {name: medians(found) for name, found in by_name.items()} for count, by_name in rows.items()}

    def idle(self):
        """The context switches of all threads in a minute, with 1,000 flags in a file."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.bench.directory))
        (folder / "flags.json").write_text(request.document(1000))
        server = self.server("fanion, idle", f"{self.bench.options.fanion} start -f file:{folder}/flags.json -g 0 -p {{port}} -m {{management}} -r {{ofrep}}")
        # Memory is returned to the kernel 15 s after the start, by a thread that ends 10 s later.
        time.sleep(45)
        threads = len(os.listdir(f"/proc/{server.process.pid}/task"))
        before = usage(server.process)[1]
        time.sleep(IDLE_SECONDS)
        return {"switches": usage(server.process)[1] - before, "threads": threads, "seconds": IDLE_SECONDS}

    def first(self):
        """The first call, in ms: from exec to the response, and the requests with which a provider begins."""
        flags = self.bench.file("first.json", request.document(1000))
        programs = {"fanion": self.bench.options.fanion} | ({"flagd": self.bench.options.flagd} if self.bench.options.flagd else {})
        rows = {name: [] for name in programs}
        for _ in range(self.bench.options.lone_rounds + 1):
            for name, program in programs.items():
                begun = time.perf_counter()
                server = self.server(f"{name}, first", f"{program} start -f file:{flags} -p {{port}} -m {{management}} -r {{ofrep}}", wait=False)
                while not first_answer(server):
                    server.check()
                started = time.perf_counter() - begun
                begun = time.perf_counter()
                provider_start(server)
                rows[name].append({"start": started * 1e3, "provider": (time.perf_counter() - begun) * 1e3})
                server.stop()
        return {name: medians(found[1:]) for name, found in rows.items()}

    def quota(self):
        """The latency at a low rate under a quota of CPU time; fanion also while 1,000 flags are reloaded every second."""
        flags = self.bench.file("quota.json", request.document(1000))
        boolean = f"{SERVICE}/ResolveBoolean"
        body = self.bench.file("quota-grpc", request.grpc_one(KEY))
        start = f"start -f file:{flags} -p {{port}} -m {{management}} -r {{ofrep}}"
        commands = {"fanion": f"{self.bench.options.fanion} {start} -g 0", "tonic": f"{self.peers}/tonic 127.0.0.1:{{port}}"}
        if self.bench.options.flagd:
            commands["flagd"] = f"{self.bench.options.flagd} {start}"
        commands["fanion, with reloads"] = commands["fanion"]
        rows = {name: [] for name in commands}
        for _ in range(self.bench.options.lone_rounds):
            for name, command in commands.items():
                server = self.server(f"{name}, quota", command)
                threads = len(os.listdir(f"/proc/{server.process.pid}/task"))
                with limited(server.process.pid, QUOTA), reloads(flags, "reloads" in name):
                    time.sleep(2)
                    call = load.Call(body, boolean, load.GRPC)
                    found = load.pace(server, call, RATE * 10, RATE, f"{self.peers}/pace", self.bench.directory)
                rows[name].append({"cpu": found.cpu, "p50": found.p50, "p99": found.p99, "threads": threads})
                server.stop()
        return {name: medians(found) for name, found in rows.items()}

    def run(self):
        found = {"in_flight": self.in_flight()}
        self.stop()
        found["idle"] = self.idle()
        self.stop()
        found["first"] = self.first()
        with contextlib.suppress(PermissionError):
            found["quota"] = self.quota()
        self.stop()
        return found

    def stop(self):
        for server in self.servers:
            server.stop()
        self.servers = []


def post(path, content_type, body):
    head = f"POST {SERVICE}/{path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def received(client, end):
    """What a server sends, up to a text."""
    data = b""
    while end not in data:
        piece = client.recv(4096)
        if not piece:
            raise ConnectionResetError
        data += piece
    return data


def first_answer(server):
    """True once a call was answered with the flag; False if the server does not listen, or has no flags yet."""
    try:
        with socket.create_connection(("127.0.0.1", server.ports["port"]), timeout=5) as client:
            client.sendall(post("ResolveBoolean", "application/json", request.connect_one("static")))
            return b"STATIC" in received(client, b"}")
    except OSError:
        time.sleep(0.0002)
        return False


def provider_start(server):
    """A provider connects, opens its event stream, waits until that is ready, and makes its first call."""
    address = ("127.0.0.1", server.ports["port"])
    with socket.create_connection(address, timeout=5) as events, socket.create_connection(address, timeout=5) as calls:
        events.sendall(post("EventStream", "application/connect+json", b"\0\0\0\0\2{}"))
        received(events, b"provider_ready")
        calls.sendall(post("ResolveBoolean", "application/json", request.connect_one("static")))
        received(calls, b"STATIC")


@contextlib.contextmanager
def limited(pid, share):
    """A control group in which a process gets a share of one core: version 2 or 1, whichever the machine has."""
    period = 100_000
    root = pathlib.Path("/sys/fs/cgroup")
    unified = (root / "cgroup.controllers").exists()
    group = (root if unified else root / "cpu") / f"fanion-bench-{pid}"
    group.mkdir()
    try:
        if unified:
            (group / "cpu.max").write_text(f"{int(share * period)} {period}")
        else:
            (group / "cpu.cfs_period_us").write_text(str(period))
            (group / "cpu.cfs_quota_us").write_text(str(int(share * period)))
        (group / "cgroup.procs").write_text(str(pid))
        yield
    finally:
        # A process cannot be stopped quickly with so little CPU time.
        ((root if unified else root / "cpu") / "cgroup.procs").write_text(str(pid))
        group.rmdir()


@contextlib.contextmanager
def reloads(flags, wanted):
    """Replaces a flag file every second."""
    stopped = threading.Event()

    def edit():
        text, version = flags.read_text(), 0
        while not stopped.wait(1):
            version += 1
            following = flags.with_suffix(".next")
            following.write_text(text.replace('"flags"', f'"metadata": {{"version": {version}}}, "flags"', 1))
            os.rename(following, flags)
        flags.write_text(text)

    thread = threading.Thread(target=edit)
    if wanted:
        thread.start()
    yield
    stopped.set()
    if wanted:
        thread.join()


def medians(rows):
    return {name: statistics.median(row[name] for row in rows) for name in rows[0]}


def budgets(found):
    """The rows of the budgets: name, measured value, target, and true if less is better."""
    one = found["in_flight"]["1"]
    grpc, hyper, tonic = one["fanion, gRPC"], one["hyper"], one["tonic"]
    ours = [name for name in one if name.startswith("fanion")]
    rows = [("context switches per call, one in flight, maximum over all protocols", max(one[name]["switches"] for name in ours), 1.05, True)]
    for count, by_name in found["in_flight"].items():
        cpu = {name: figures["cpu"] for name, figures in by_name.items()}
        rows += [(f"CPU per gRPC call, {count} in flight, relative to tonic", cpu["fanion, gRPC"] / cpu["tonic"], 0.9, True),
                 (f"CPU per gRPC call, {count} in flight, relative to hyper", cpu["fanion, gRPC"] / cpu["hyper"], 1.05, True)]
    rows += [(f"{name} latency, one in flight, minus that of hyper, in µs", grpc[figure] - hyper[figure], 2, True)
             for name, figure in (("mean", "mean"), ("median", "p50"))]
    rows += [("p99, one in flight, relative to hyper", grpc["p99"] / hyper["p99"], 1.1, True),
             ("median latency over a Unix socket, relative to TCP", one["fanion, gRPC, Unix socket"]["p50"] / grpc["p50"], 0.8, True),
             ("CPU per Connect JSON call, one in flight, relative to axum", one["fanion, Connect JSON"]["cpu"] / one["axum"]["cpu"], 0.9, True),
             ("CPU per OFREP call, one in flight, relative to axum", one["fanion, OFREP"]["cpu"] / one["axum"]["cpu"], 0.9, True),
             ("wake-ups of the idle process in a minute", found["idle"]["switches"], 0, True)]
    if "quota" in found:
        quota = found["quota"]
        rows.append((f"p99 at {RATE} calls per second with {QUOTA} core, relative to tonic", quota["fanion"]["p99"] / quota["tonic"]["p99"], 1.1, True))
        if "flagd" in quota:
            rows.append((f"p99 at {RATE} calls per second with {QUOTA} core, relative to flagd", quota["fanion"]["p99"] / quota["flagd"]["p99"], 0.2, True))
    return rows


def show(found):
    for count, by_name in found["in_flight"].items():
        print(f"\n{count + ' in flight':28} {'CPU µs/call':>12} {'switches':>9} {'mean µs':>8} {'p50 µs':>8} {'p99 µs':>8}")
        for name, figures in by_name.items():
            print(f"{name:28} {figures['cpu']:12.2f} {figures['switches']:9.2f} {figures['mean']:8.1f} {figures['p50']:8.1f} {figures['p99']:8.1f}", flush=True)
    print(f"\nidle: {found['idle']}\nfirst call, in ms: {found['first']}")
    for name, figures in found.get("quota", {}).items():
        print(f"{QUOTA} core, {RATE} calls/s, {name:20} " + ", ".join(f"{key} {value:.1f}" for key, value in figures.items()))
