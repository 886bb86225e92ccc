#!/usr/bin/env python3
"""Measures loading of flags: start-up time, memory, and the time until an edit takes effect.

usage: load.py NAME=PROGRAM... [--rounds N] [--sizes N,N,...] [--only start,edit,event,load] [--pace PROGRAM] [--json FILE]

Each PROGRAM is a fanion or a flagd. Rounds are interleaved; medians are printed, and written to FILE with all figures.

start  from exec until the first response (ms), resident memory two seconds later and its peak (MiB), by number of flags
edit   from a saved file with one changed flag until the new variant is served (ms), and memory after five edits, at
       10,000 flags
event  from a saved file to the event on an open stream (ms), at 1,000 flags
load   the 99th percentile of calls at 2,000 per second (ms), at 10,000 flags: without a reload; during five reloads in
       which every flag changes; the worst of these five reloads; and the worst of five periods of equal length without a
       reload. `ratio` is the worst p99 during a reload divided by the p99 without one. --pace is `pace` of
       tests/bench/peers

flagd listens on all interfaces, so run this in a network namespace that has only loopback:
`unshare --map-root-user --net python3 tests/bench/load.py …`. Needs Linux.
"""
import argparse, contextlib, fcntl, http.client, json, math, os, pathlib, random, socket, statistics, struct, subprocess, tempfile, time

PORTS = ("port", "management-port", "sync-port", "ofrep-port")
PATH = "/flagd.evaluation.v1.Service/"
ASK = b'{"flagKey":"probe","context":{}}'


def targeting(i, chance):
    """Five kinds of flags: static, a percentage, a ring with a percentage, conditions, and a list of tenants."""
    return [None,
            {"fractional": [["on", 5], ["off", 95]]},
            {"if": [{"in": [{"var": "ring"}, ["internal", "beta"]]}, "on",
                    {"fractional": [{"cat": [{"var": "$flagd.flagKey"}, {"var": "targetingKey"}]}, ["on", 10], ["off", 90]]}]},
            {"if": [{"and": [{"==": [{"var": "country"}, "DE"]}, {">=": [{"var": "age"}, 18]}, {"sem_ver": [{"var": "version"}, ">=", "2.1.0"]}]},
                    "on", {"ends_with": [{"var": "email"}, "@example.com"]}, "on", "off"]},
            {"if": [{"in": [{"var": "tenant"}, [f"t{chance.randrange(5000)}" for _ in range(20)]]}, "on", None]}][i % 5]


def document(count, probe, version=""):
    """A flag document; `version` is part of every flag."""
    chance = random.Random(7)
    variants = {"on": True, "off": False}
    flags = {"probe": {"state": "ENABLED", "variants": variants, "defaultVariant": probe}}
    for i in range(count - 1):
        flag = {"state": "ENABLED", "variants": variants, "defaultVariant": "off",
                "metadata": {"owner": f"team{i % 50}", "version": f"{i}{version}"}}
        rule = targeting(i, chance)
        flags[f"team{i % 50}.svc{i % 400}.feature-{i}"] = flag | ({"targeting": rule} if rule else {})
    return json.dumps({"flags": flags})


def save(path, text):
    """Replaces a file atomically, and returns the time of the replacement."""
    staged = path.with_suffix(".new")
    staged.write_text(text)
    begun = time.perf_counter()
    os.replace(staged, path)
    return begun


def free_ports():
    with contextlib.ExitStack() as stack:
        return [stack.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for _ in PORTS]


class Server:
    """A running program."""

    def __init__(self, program, path):
        ports = free_ports()
        options = [f"--{name}={port}" for name, port in zip(PORTS, ports)]
        self.port = ports[0]
        begun = time.perf_counter()
        self.process = subprocess.Popen([program, "start", "--uri", f"file:{path}", *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while self.answer() is None:
            time.sleep(0.0005)
        self.ready = (time.perf_counter() - begun) * 1000

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def answer(self, connection=None):
        """The variant of the probe; `None` if there is no response yet."""
        own = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            own.request("POST", PATH + "ResolveBoolean", body=ASK, headers={"Content-Type": "application/json"})
            response = own.getresponse()
            body = response.read()
            return json.loads(body)["variant"] if response.status == 200 else None
        except (ConnectionError, http.client.HTTPException):
            # The server closes idle connections. The next request opens a new one.
            own.close()
            return None
        finally:
            if own is not connection:
                own.close()

    def memory(self, what):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split(what + ":")[1].split()[0]) / 1024


def start(program, directory, sizes):
    figures = {}
    for size in sizes:
        path = directory / f"{size}.json"
        if not path.exists():
            path.write_text(document(size, "on"))
            time.sleep(0.2)
        with Server(program, path) as server:
            time.sleep(2)
            figures |= {f"start ms, {size}": server.ready, f"memory MiB, {size}": server.memory("VmRSS"), f"peak MiB, {size}": server.memory("VmHWM")}
    return figures


def edit(program, directory, texts):
    """Five edits, so that memory is measured in a process that has reloaded several times."""
    path = directory / "edit.json"
    save(path, texts["off"])
    with Server(program, path) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        times = []
        for probe in ("on", "off", "on", "off", "on"):
            time.sleep(1.3)
            begun = save(path, texts[probe])
            while server.answer(connection) != probe:
                pass
            times.append((time.perf_counter() - begun) * 1000)
        time.sleep(2)
        return {"edit ms, 10000": statistics.median(times), "memory MiB after edits, 10000": server.memory("VmRSS")}


def event(program, directory, texts):
    path = directory / "event.json"
    save(path, texts["off"])
    with Server(program, path) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        connection.request("POST", PATH + "EventStream", body=b"\0" + struct.pack(">I", 2) + b"{}",
                           headers={"Content-Type": "application/connect+json", "Connect-Protocol-Version": "1"})
        stream = connection.getresponse()

        def told():
            head = stream.read(5)
            return json.loads(stream.read(struct.unpack(">I", head[1:])[0]))["type"]

        assert told() == "provider_ready"
        times = []
        for probe in ("on", "off", "on", "off", "on"):
            time.sleep(1.3)
            begun = save(path, texts[probe])
            while told() != "configuration_change":
                pass
            times.append((time.perf_counter() - begun) * 1000)
        return {"event ms, 1000": statistics.median(times)}


def percentile(latencies):
    """The 99th percentile in milliseconds."""
    return sorted(latencies)[len(latencies) * 99 // 100] / 1000


def now():
    """Microseconds since 1970."""
    return time.time_ns() // 1000


def load(program, directory, texts, pace):
    """The files are written in advance, and their loading is not polled for: on two cores, polling would distort the
    measurement."""
    path, log, body = directory / "load.json", directory / "calls", directory / "body"
    files = {probe: directory / f"load-{probe}.json" for probe in texts}
    for probe, file in files.items():
        file.write_text(texts[probe])
    save(path, texts["off"])
    request = b"\x0a\x05probe"
    body.write_bytes(b"\0" + struct.pack(">I", len(request)) + request)

    def put(probe):
        """Replaces the flag file, and returns the time in microseconds."""
        staged = path.with_suffix(".new")
        os.link(files[probe], staged)
        # flagd reloads only files with a newer modification time.
        os.utime(staged)
        begun = now()
        os.replace(staged, path)
        return begun

    with Server(program, path) as server:
        begun = put("on")
        while server.answer() != "on":
            if now() - begun > 60_000_000:
                raise SystemExit(f"{program} did not load a file within a minute")
            time.sleep(0.005)
        long = now() - begun
        # Under load, a reload may take twice as long.
        pause = 1 + 2 * long / 1e6
        seconds = math.ceil(8 + 5 * pause)
        command = [pace, f"127.0.0.1:{server.port}", f"{PATH}ResolveBoolean", body, "2000", str(2000 * seconds), log]
        time.sleep(1)
        client = subprocess.Popen(command)
        time.sleep(1)
        calm = now()
        time.sleep(4)
        taken = []
        for probe in ("off", "on", "off", "on", "off"):
            taken.append(put(probe))
            time.sleep(pause)
            if server.answer() != probe:
                raise SystemExit(f"{program} did not load a file within {pause:.1f} s")
        if client.wait() != 0:
            raise SystemExit("pace did not receive all responses")
    calls = [tuple(map(int, line.split("\t"))) for line in log.read_text().splitlines()]
    during = lambda begun, long: [spent for at, spent in calls if begun <= at <= begun + long]
    p99, reloading = percentile(during(calm, 4_000_000)), [during(begun, long) for begun in taken]
    nothing = [during(calm + i * 800_000, min(long, 800_000)) for i in range(5)]
    worst = max(map(percentile, reloading))
    return {"p99 ms": p99, "p99 ms while reloading": percentile(sum(reloading, [])), "worst p99 ms while reloading": worst,
            "worst p99 ms without reload": max(map(percentile, nothing)), "ratio": worst / p99}


def loopback_up():
    """Enables the loopback device, which is down in a new network namespace."""
    with contextlib.suppress(PermissionError), socket.socket() as s:
        fcntl.ioctl(s, 0x8914, struct.pack("16sh22x", b"lo", 0x1 | 0x40))


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1][7:])
    parser.add_argument("programs", nargs="+")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sizes", default="1,1000,10000,100000")
    parser.add_argument("--only", default="start,edit,event,load")
    parser.add_argument("--pace", help="`pace` of tests/bench/peers, for `load`")
    parser.add_argument("--json")
    options = parser.parse_args()
    if "load" in options.only.split(",") and not options.pace:
        parser.error("`load` needs --pace")
    loopback_up()
    programs = dict(program.split("=", 1) for program in options.programs)
    only, sizes = options.only.split(","), [int(size) for size in options.sizes.split(",")]
    small = {probe: document(1000, probe) for probe in ("on", "off")}
    large = {probe: document(10_000, probe) for probe in ("on", "off")}
    changing = {"off": document(10_000, "off", "a"), "on": document(10_000, "on", "b")}
    figures = {name: {} for name in programs}
    with tempfile.TemporaryDirectory() as place:
        directory = pathlib.Path(place)
        measures = {"start": lambda program: start(program, directory, sizes), "edit": lambda program: edit(program, directory, large),
                    "event": lambda program: event(program, directory, small), "load": lambda program: load(program, directory, changing, options.pace)}
        for _ in range(options.rounds):
            for what in only:
                for name, program in programs.items():
                    for row, figure in measures[what](program).items():
                        figures[name].setdefault(row, []).append(figure)
    medians = {name: {row: statistics.median(all) for row, all in rows.items()} for name, rows in figures.items()}
    rows = list(next(iter(medians.values())))
    print(f"{'':34}" + "".join(f"{name:>12}" for name in programs))
    for row in rows:
        print(f"{row:34}" + "".join(f"{medians[name][row]:12.1f}" for name in programs))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"medians": medians, "all": figures}, indent=1))


main()
