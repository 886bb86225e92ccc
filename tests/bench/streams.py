#!/usr/bin/env python3
"""Measures the memory of many open streams, and the time until an edit reaches the last of them.

usage: streams.py NAME=PROGRAM... [--events N] [--syncs N] [--flags N] [--rounds N] [--json FILE]

Each PROGRAM is a fanion or a flagd. Event streams are Connect over HTTP/1.1, sync streams gRPC. flagd listens on all
interfaces, so run this in a network namespace that has only loopback:
`unshare --map-root-user --net python3 tests/bench/streams.py …`. Needs Linux and as many file descriptors as streams.
"""
import argparse, asyncio, fcntl, json, os, pathlib, resource, socket, statistics, struct, subprocess, tempfile, time, urllib.request

PORTS = ("port", "management-port", "sync-port", "ofrep-port")
EVENTS = (b"POST /flagd.evaluation.v1.Service/EventStream HTTP/1.1\r\nHost: x\r\nContent-Type: application/connect+json\r\n"
          b"Connect-Protocol-Version: 1\r\nContent-Length: 7\r\n\r\n\0\0\0\0\2{}")
RULES = [None, {"fractional": [["on", 5], ["off", 95]]}, {"if": [{"in": [{"var": "ring"}, ["internal", "beta"]]}, "on", "off"]},
         {"if": [{"and": [{"==": [{"var": "country"}, "DE"]}, {"sem_ver": [{"var": "version"}, ">=", "2.1.0"]}]}, "on", None]}]


def document(count, probe):
    """A flag document. `probe` is the default variant of the flag `probe`."""
    variants = {"on": True, "off": False}
    flags = {"probe": {"state": "ENABLED", "variants": variants, "defaultVariant": probe}}
    for i in range(count - 1):
        flag = {"state": "ENABLED", "variants": variants, "defaultVariant": "off", "metadata": {"owner": f"team-{i % 50}"}}
        flags[f"team-{i % 50}.service-{i % 400}.feature-{i}"] = flag | ({"targeting": RULES[i % 4]} if RULES[i % 4] else {})
    return json.dumps({"flags": flags})


def frame(kind, flags, stream, payload):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def header(name, value):
    """A header field as an HPACK literal without Huffman coding."""
    return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value


# A call of SyncFlags on an HTTP/2 connection with very large windows.
SYNC = (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, struct.pack(">HI", 4, 2**31 - 1)) + frame(8, 0, 0, struct.pack(">I", 2**30))
        + frame(1, 4, 1, b"".join(header(*h) for h in ((b":method", b"POST"), (b":scheme", b"http"), (b":path", b"/flagd.sync.v1.FlagSyncService/SyncFlags"),
                                                       (b":authority", b"x"), (b"content-type", b"application/grpc"), (b"te", b"trailers"))))
        + frame(0, 1, 1, bytes(5)))


async def events(port, tell):
    """Opens an event stream. Calls `tell` for `provider_ready` and for the first change."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(EVENTS)
    await reader.readuntil(b"provider_ready")
    tell()
    await reader.readuntil(b"configuration_change")
    tell()
    writer.close()


async def documents(port, tell):
    """Opens a sync stream. Calls `tell` for each of the first two documents."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(SYNC)
    left = told = 0
    head = b""
    while told < 2:
        start = await reader.readexactly(9)
        payload = await reader.readexactly(int.from_bytes(start[:3], "big"))
        if start[3] == 4 and not start[4] & 1:
            writer.write(frame(4, 1, 0, b""))
        elif start[3] == 6 and not start[4] & 1:
            writer.write(frame(6, 1, 0, payload))
        elif start[3] == 0:
            if len(payload):
                writer.write(frame(8, 0, 0, struct.pack(">I", len(payload))))
            while payload:
                if left == 0:
                    head, payload = head + payload[: 5 - len(head)], payload[5 - len(head) :]
                    if len(head) < 5:
                        break
                    left, head = int.from_bytes(head[1:], "big"), b""
                taken = min(left, len(payload))
                left, payload = left - taken, payload[taken:]
                if left == 0:
                    told += 1
                    tell()
    writer.close()


def resident(pid):
    return int(next(l for l in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if l.startswith("VmRSS")).split()[1])


async def measure(kind, port, pid, path, count, flags):
    """KiB per stream, milliseconds from the rename of the file to the first and the last notified stream, and total MiB."""
    before, times = resident(pid), []
    tasks = [asyncio.create_task(kind(port, lambda: times.append(time.perf_counter()))) for _ in range(count)]
    while len(times) < count:
        await asyncio.sleep(0.1)
    # Wait until memory that is only needed to open streams is freed.
    await asyncio.sleep(1)
    held = resident(pid)
    probe = "on" if json.loads(path.read_text())["flags"]["probe"]["defaultVariant"] == "off" else "off"
    staged = path.with_suffix(".staged")
    staged.write_text(document(flags, probe))
    began = time.perf_counter()
    staged.rename(path)
    await asyncio.gather(*tasks)
    after = sorted(times[count:])
    return (held - before) / count, (after[0] - began) * 1000, (after[-1] - began) * 1000, resident(pid) / 1024


def start(program, path, log):
    held = [socket.create_server(("127.0.0.1", 0)) for _ in PORTS]
    ports = {name: s.getsockname()[1] for name, s in zip(PORTS, held)}
    for s in held:
        s.close()
    process = subprocess.Popen([program, "start", f"--uri=file:{path}", *(f"--{k}={v}" for k, v in ports.items())], stdout=log, stderr=log)
    # flagd reports readiness before it has loaded flags.
    url = f"http://127.0.0.1:{ports['port']}/flagd.evaluation.v1.Service/ResolveBoolean"
    question = urllib.request.Request(url, b'{"flagKey":"probe"}', {"Content-Type": "application/json"})
    for _ in range(1000):
        try:
            urllib.request.urlopen(question, timeout=1)
            return process, ports
        except OSError:
            time.sleep(0.02)
    raise SystemExit(f"{program} does not become ready")


def loopback_up():
    """Enables the loopback device, which is down in a new network namespace."""
    try:
        with socket.socket() as s:
            fcntl.ioctl(s, 0x8914, struct.pack("16sh22x", b"lo", 0x1 | 0x40))
    except PermissionError:
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", nargs="+")
    parser.add_argument("--events", type=int, default=5000)
    parser.add_argument("--syncs", type=int, default=500)
    parser.add_argument("--flags", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json")
    arguments = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    loopback_up()
    results = {}
    for _ in range(arguments.rounds):
        for name, _, program in (p.partition("=") for p in arguments.programs):
            for kind, port, count in ((events, "port", arguments.events), (documents, "sync-port", arguments.syncs)):
                with tempfile.TemporaryDirectory() as scratch, open(os.devnull, "w") as log:
                    path = pathlib.Path(scratch) / "flags.json"
                    path.write_text(document(arguments.flags, "off"))
                    os.utime(path, (time.time() - 60,) * 2)
                    process, ports = start(program, path, log)
                    try:
                        figures = asyncio.run(measure(kind, ports[port], process.pid, path, count, arguments.flags))
                    finally:
                        process.kill()
                        process.wait()
                results.setdefault((name, kind.__name__, count), []).append(figures)
    print(f"{arguments.flags} flags, medians of {arguments.rounds} rounds")
    medians = {key: [statistics.median(column) for column in zip(*rounds)] for key, rounds in results.items()}
    for (name, kind, count), (each, first, last, peak) in medians.items():
        print(f"{name}: {count} streams of {kind}: {each:.1f} KiB each; notified after {first:.0f} to {last:.0f} ms; {peak:.0f} MiB in total afterwards")
    if arguments.json:
        named = {f"{name}, {count} streams of {kind}": figures for (name, kind, count), figures in medians.items()}
        pathlib.Path(arguments.json).write_text(json.dumps({"flags": arguments.flags, "medians": named}, indent=1))


if __name__ == "__main__":
    main()
