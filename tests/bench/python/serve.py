"""Measures serving over loopback: CPU per call, calls per second and p99, compared with constant servers and flagd.

Run by tests/bench/serve, which builds the programs and creates the network namespace.
"""
import argparse, contextlib, dataclasses, json, pathlib, resource, shlex, socket, statistics, tempfile, time, urllib.request

import load, lone, request
from load import GRPC, JSON, Call
from server import Server

SERVICE = "/flagd.evaluation.v1.Service"
PARTS = ("lone", "protocols", "bulk", "growth")
GROWTH = {"context": [2, 6, 20, 60, 200, 1000], "rule": [1, 10, 100, 1000], "flags": [1, 10, 100, 1000, 10_000, 100_000],
          "connections": [1, 4, 16, 64, 256, 1000], "streams": [1, 4, 16, 64, 250], "events": [1, 10, 100, 1000, 10_000]}


class Bench:
    def __init__(self, options, directory):
        self.options, self.directory = options, pathlib.Path(directory)

    def file(self, name, data):
        path = self.directory / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    def server(self, name, command, **how):
        return Server(name, command, self.directory, **how)

    def lone(self):
        """Calls one at a time, a quota, and the idle process."""
        return lone.Lone(self).run()

    def grpc(self, key, context=request.CONTEXT):
        body = self.file(f"grpc-{key}-{len(context)}", request.grpc_one(key, context))
        return Call(body, f"{SERVICE}/ResolveBoolean", GRPC)

    def fanion(self, flags, name="fanion"):
        file = self.file(f"{name}.json", flags)
        options = "-p {port} -r {ofrep} -m {management} -g 0"
        server = Server(name, f"{self.options.fanion} start -f file:{file} {options}", self.directory)
        return server

    def others(self):
        peers = self.options.peers
        commands = {name: f"{peers}/{name} 127.0.0.1:{{port}}" for name in ("tonic", "hyper", "axum")}
        if self.options.flagd:
            file = self.file("flagd.json", request.document())
            commands["flagd"] = (f"{self.options.flagd} start -f file:{file} -p {{port}} -r {{ofrep}} -m {{management}}")
        return {name: Server(name, command, self.directory) for name, command in commands.items()}

    def constant(self, name, peer, message):
        """A server that responds to all requests with `message`."""
        file = self.file(f"{name}.answer", message)
        return Server(name, f"{self.options.peers}/{peer} 127.0.0.1:{{port}} {shlex.quote(str(file))}", self.directory)

    def rounds(self, cases, calls=None, run=load.run, **how):
        """Medians of several rounds, each of which runs all cases; the first round is a warm-up."""
        figures = {name: [] for name in cases}
        for i in range(self.options.rounds + 1):
            for name, (server, call) in cases.items():
                outcome = run(server, call, calls or self.options.calls, **how)
                if i > 0:
                    figures[name].append(dataclasses.asdict(outcome))
        return {name: median(rows) for name, rows in figures.items()}

    def protocols(self):
        """All protocols at saturation, and gRPC at half of the rate that tonic reaches."""
        servers = {"fanion": self.fanion(request.document()), **self.others()}
        ours, ofrep = servers["fanion"], "/ofrep/v1/evaluate/flags"
        web = self.file("connect", request.connect_one("static"))
        single = self.file("ofrep", request.ofrep())
        connect = Call(web, f"{SERVICE}/ResolveBoolean", JSON)
        cases = {
            "fanion, gRPC, static": (ours, self.grpc("static")),
            "fanion, gRPC, ring": (ours, self.grpc("ring")),
            "tonic": (servers["tonic"], self.grpc("static")),
            "hyper": (servers["hyper"], self.grpc("static")),
            "fanion, Connect JSON": (ours, connect),
            "fanion, OFREP": (ours, Call(single, f"{ofrep}/static", JSON, "ofrep")),
            "axum": (servers["axum"], connect),
        }
        if "flagd" in servers:
            flagd = servers["flagd"]
            cases["flagd, gRPC, static"] = (flagd, self.grpc("static"))
            cases["flagd, gRPC, ring"] = (flagd, self.grpc("ring"))
            cases["flagd, Connect JSON"] = (flagd, connect)
            cases["flagd, OFREP"] = (flagd, Call(single, f"{ofrep}/static", JSON, "ofrep"))
        saturated = self.rounds(cases)
        half = int(saturated["tonic"]["rate"] / 2)
        timed = {name: cases[name] for name in ("fanion, gRPC, static", "fanion, gRPC, ring", "tonic", "hyper")}
        pace = {"run": load.pace, "program": f"{self.options.peers}/pace", "directory": self.directory}
        at_half = self.rounds(timed, calls=min(self.options.calls, 3 * half), rate=half, **pace)
        stop(servers.values())
        return {"saturated": saturated, "half": at_half, "half_rate": half, "late": lateness()}

    def bulk(self):
        """All of 100 flags, compared with a constant of equal length."""
        ours = self.fanion(json.dumps({"flags": {f"flag-{i:03}": request.flag(request.RING) for i in range(100)}}))
        rpc = Call(self.file("all", request.grpc_all()), f"{SERVICE}/ResolveAll", GRPC)
        web = Call(self.file("all.json", request.ofrep()), "/ofrep/v1/evaluate/flags", JSON, "ofrep")
        hyper = self.constant("hyper, equal length", "hyper", answer(ours, rpc)[5:])
        axum = self.constant("axum, equal length", "axum", answer(ours, web))
        cases = {"ResolveAll": (ours, rpc), "hyper, equal length": (hyper, rpc),
                 "OFREP bulk": (ours, web), "axum, equal length": (axum, dataclasses.replace(web, port="port"))}
        figures = self.rounds(cases, calls=self.options.calls // 10)
        stop([ours, hyper, axum])
        return figures

    def growth(self):
        """CPU per call along each axis of `GROWTH`."""
        ours = self.fanion(request.document())
        ring = self.grpc("ring")
        cases = {f"context {n}": (ours, self.grpc("ring", request.context(n))) for n in GROWTH["context"]}
        cases |= {f"rule {n}": (ours, self.grpc(f"rule-{n}")) for n in GROWTH["rule"]}
        figures = self.rounds(cases, calls=self.options.calls // 4)
        for what in ("connections", "streams"):
            for n in GROWTH[what]:
                many = self.rounds({f"{what} {n}": (ours, ring)}, calls=self.options.calls // 4, **{what: n})
                figures |= many
        for n in GROWTH["events"]:
            with events(ours, n):
                figures |= self.rounds({f"events {n}": (ours, ring)}, calls=self.options.calls // 4)
        stop([ours])
        for n in GROWTH["flags"]:
            server = self.fanion(request.document(n))
            figures |= self.rounds({f"flags {n}": (server, ring)}, calls=self.options.calls // 4)
            stop([server])
        grown = {}
        for name, figure in figures.items():
            what, n = name.split()
            grown.setdefault(what, []).append([int(n), figure["cpu"]])
        return grown


@contextlib.contextmanager
def events(server, count):
    """Keeps `count` event streams open, after each has received `provider_ready`."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    body = b"\0\0\0\0\2{}"
    head = f"POST {SERVICE}/EventStream HTTP/1.1\r\nHost: a\r\nContent-Type: application/connect+json\r\nContent-Length: {len(body)}\r\n\r\n"
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            stream = stack.enter_context(socket.create_connection(("127.0.0.1", server.ports["port"]), timeout=30))
            stream.sendall(head.encode() + body)
            said = b""
            while b"provider_ready" not in said:
                piece = stream.recv(4096)
                assert piece, f"the server closed an event stream: {said}"
                said += piece
        yield


def lateness():
    """The wakeup latency of a sleeping thread in µs, 99th percentile of 4,000 sleeps: a lower bound for servers."""
    late = []
    for _ in range(4000):
        begun = time.perf_counter()
        time.sleep(0.0005)
        late.append((time.perf_counter() - begun) * 1e6 - 500)
    return sorted(late)[len(late) * 99 // 100]


def stop(servers):
    for server in servers:
        server.stop()


def answer(server, call):
    """The response bytes of a call. A gRPC call is made as Connect over HTTP/1.1, with the same message."""
    if call.headers is GRPC:
        # Connect sends the same messages without the frame prefix.
        headers, data, head = {"content-type": "application/proto"}, call.body.read_bytes()[5:], bytes(5)
    else:
        headers, data, head = {"content-type": "application/json"}, call.body.read_bytes(), b""
    url = f"http://127.0.0.1:{server.ports[call.port]}{call.path}"
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=30) as response:
        return head + response.read()


def median(rows):
    columns = {name: [row[name] for row in rows if row[name] is not None] for name in rows[0]}
    return {name: statistics.median(values) for name, values in columns.items() if values}


def show(title, figures):
    print(f"\n{title:28} {'CPU µs/call':>12} {'calls/s':>9} {'p99 µs':>8}")
    for name, figure in figures.items():
        p99 = f"{figure['p99']:8.0f}" if "p99" in figure else ""
        print(f"{name:28} {figure['cpu']:12.2f} {figure['rate']:9.0f} {p99}", flush=True)


def ratios(all):
    """The rows of the budgets: name, measured value, target, and true if less is better."""
    rows = lone.budgets(all["lone"]) if "lone" in all else []
    if "protocols" in all:
        s, half = all["protocols"]["saturated"], all["protocols"]["half"]
        static, ring, tonic, hyper = s["fanion, gRPC, static"], s["fanion, gRPC, ring"], s["tonic"], s["hyper"]
        rows += [
            ("CPU per gRPC call, static, relative to tonic", static["cpu"] / tonic["cpu"], 0.85, True),
            ("CPU per gRPC call, ring and fractional, relative to tonic", ring["cpu"] / tonic["cpu"], 0.90, True),
            ("CPU per gRPC call, ring and fractional, relative to hyper", ring["cpu"] / hyper["cpu"], 1.35, True),
            ("calls per second at saturation, static, relative to tonic", static["rate"] / tonic["rate"], 1.0, False),
            ("p99 at half of tonic's saturation, relative to tonic", half["fanion, gRPC, static"]["p99"] / half["tonic"]["p99"], 1.1, True),
            ("p99 at half of tonic's saturation, in µs", half["fanion, gRPC, static"]["p99"], 1000, True),
            ("calls per second, Connect JSON over HTTP/1.1, relative to axum", s["fanion, Connect JSON"]["rate"] / s["axum"]["rate"], 0.9, False),
        ]
    if "bulk" in all:
        b = all["bulk"]
        rows += [
            ("CPU of ResolveAll of 100 flags minus that of a server that returns a constant response of equal length, in µs", b["ResolveAll"]["cpu"] - b["hyper, equal length"]["cpu"], 25, True),
            ("CPU of OFREP bulk of 100 flags minus that of a server that returns a constant response of equal length, in µs", b["OFREP bulk"]["cpu"] - b["axum, equal length"]["cpu"], 25, True),
        ]
    return rows


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/serve")
    parser.add_argument("fanion", help="the program")
    parser.add_argument("peers", help="the directory of the constant servers")
    parser.add_argument("--flagd", help="flagd's program")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=50_000)
    parser.add_argument("--lone-rounds", type=int, default=7)
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        bench, all = Bench(options, directory), {}
        for part in PARTS:
            if options.only in (None, part):
                all[part] = getattr(bench, part)()
    if "lone" in all:
        lone.show(all["lone"])
    if "protocols" in all:
        show("at saturation", all["protocols"]["saturated"])
        show(f"at {all['protocols']['half_rate']} calls/s", all["protocols"]["half"])
        print(f"wakeup latency of a sleeping thread (p99 µs): {all['protocols']['late']:.0f}")
    if "bulk" in all:
        show("100 flags", all["bulk"])
    for what, points in all.get("growth", {}).items():
        print(f"\nCPU µs/call by {what}: " + ", ".join(f"{n}: {cpu:.2f}" for n, cpu in points))
    print()
    for name, measured, target, less in all.setdefault("budgets", ratios(all)):
        met = measured <= target if less else measured >= target
        print(f"{'met   ' if met else 'MISSED'} {name}: {measured:.2f} (target {'≤' if less else '≥'} {target})")
    if options.json:
        options.json.write_text(json.dumps(all, indent=1) + "\n")


main()
