#!/usr/bin/env python3
"""Server CPU per gRPC call and calls per second, side by side in interleaved rounds.

usage: serve.py FANION NAME=COMMAND... [--rounds N] [--calls N]

FANION is the program to measure. Each COMMAND starts another gRPC server on 127.0.0.1; `{port}` in it becomes a free
port. Needs h2load (nghttp2-client). Prints medians, and each figure beside that of the first other server.
"""
import argparse, json, os, pathlib, re, shlex, socket, statistics, struct, subprocess, tempfile, time

FLAGS = {"flags": {
    "static": {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "on"},
    "rings": {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off", "targeting": {"if": [
        {"in": [{"var": "ring"}, ["internal", "beta"]]}, "on",
        {"fractional": [{"cat": [{"var": "$flagd.flagKey"}, {"var": "targetingKey"}]}, ["on", 5], ["off", 95]]}]}},
}}
CONTEXT = {"targetingKey": "user-48213", "ring": "public", "country": "DE", "tier": "gold",
           "email": "a.person@example.com", "version": "2.3.1"}


def varint(n):
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    return bytes(out + bytes([n]))


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def request(key):
    """A framed ResolveBooleanRequest; every attribute of the context is a string."""
    entries = b"".join(field(1, field(1, k.encode()) + field(2, field(3, v.encode()))) for k, v in CONTEXT.items())
    message = field(1, key.encode()) + field(2, entries)
    return b"\0" + struct.pack(">I", len(message)) + message


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_until_open(port):
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.01)


def run(port, body, calls):
    command = ["h2load", "-n", str(calls), "-c", "8", "-m", "16", "-t", "1", "-d", body,
               "-H", "content-type: application/grpc", "-H", "te: trailers",
               f"http://127.0.0.1:{port}/flagd.evaluation.v1.Service/ResolveBoolean"]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert f"{calls} succeeded" in out, out
    return float(re.search(r"([\d.]+) req/s", out).group(1))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("fanion")
    parser.add_argument("others", nargs="*")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        flags = pathlib.Path(directory, "flags.json")
        flags.write_text(json.dumps(FLAGS))
        bodies = {}
        for key in FLAGS["flags"]:
            bodies[key] = str(pathlib.Path(directory, key))
            pathlib.Path(bodies[key]).write_bytes(request(key))
        commands = {"fanion": f"{options.fanion} start -f file:{flags} -p {{port}} -m 0 -g 0 -r 0"}
        commands |= dict(other.split("=", 1) for other in options.others)
        servers = {}
        for name, command in commands.items():
            port = free_port()
            process = subprocess.Popen(shlex.split(command.format(port=port)), stderr=subprocess.DEVNULL)
            servers[name] = (process, port)
            wait_until_open(port)
        cases = [("fanion", key) for key in bodies] + [(name, "static") for name in servers if name != "fanion"]
        figures = {case: [] for case in cases}
        for round in range(options.rounds + 1):
            for name, key in cases:
                process, port = servers[name]
                before = cpu_seconds(process.pid)
                rate = run(port, bodies[key], options.calls)
                spent = (cpu_seconds(process.pid) - before) / options.calls * 1e6
                if round > 0:  # The first round warms up.
                    figures[name, key].append((spent, rate))
        for process, _ in servers.values():
            process.terminate()
            process.wait()
        medians = {case: tuple(statistics.median(column) for column in zip(*rows)) for case, rows in figures.items()}
        base = medians.get(next((case for case in cases if case[0] != "fanion"), None), (1, 1))
        print(f"{'server':12} {'flag':8} {'CPU µs/call':>12} {'ratio':>6} {'calls/s':>9} {'ratio':>6}")
        for (name, key), (spent, rate) in medians.items():
            shown = key if name == "fanion" else "-"
            print(f"{name:12} {shown:8} {spent:12.2f} {spent / base[0]:6.2f} {rate:9.0f} {rate / base[1]:6.2f}")


main()
