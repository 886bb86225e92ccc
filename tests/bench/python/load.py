"""Calls to one server: at saturation with h2load (Debian's nghttp2-client), or at a constant rate with `pace`."""
import dataclasses, pathlib, re, shutil, subprocess

GRPC = ["-H", "content-type: application/grpc", "-H", "te: trailers"]
JSON = ["-H", "content-type: application/json", "--h1"]


@dataclasses.dataclass
class Call:
    """A request and its destination."""
    body: pathlib.Path
    path: str
    headers: list
    port: str = "port"


@dataclasses.dataclass
class Outcome:
    """The cost of a run of calls."""
    cpu: float  # µs of the server's CPU per call
    rate: float  # calls per second
    p99: float | None = None  # µs
    p50: float | None = None  # µs


def run(server, call, calls, connections=8, streams=16):
    """Makes `calls` calls at saturation, spread over the connections. `streams` is per HTTP/2 connection; HTTP/1.1 has
    one."""
    if shutil.which("h2load") is None:
        raise SystemExit("h2load is missing: apt-get install nghttp2-client")
    command = ["h2load", "-n", str(calls), "-c", str(connections), "-t", "1", "-d", str(call.body), *call.headers]
    if "--h1" not in call.headers:
        command += ["-m", str(streams)]
    command.append(f"http://127.0.0.1:{server.ports[call.port]}{call.path}")
    before = server.cpu()
    out = subprocess.run(command, capture_output=True, text=True, timeout=600).stdout
    spent = server.cpu() - before
    if f"{calls} succeeded" not in out:
        raise SystemExit(f"{server.name} did not answer every call:\n{out}")
    reached = float(re.search(r"([\d.]+) req/s", out).group(1))
    return Outcome(spent / calls * 1e6, reached)


def pace(server, call, calls, rate, program, directory):
    """Makes `calls` gRPC calls at `rate` per second with the program of tests/bench/peers/src/bin/pace.rs."""
    log, before = pathlib.Path(directory, "calls.tsv"), server.cpu()
    subprocess.run([program, f"127.0.0.1:{server.ports[call.port]}", call.path, call.body, str(rate), str(calls), log], check=True, timeout=600)
    spent = server.cpu() - before
    took = sorted(int(line.split("\t")[1]) for line in log.read_text().splitlines())
    return Outcome(spent / len(took) * 1e6, float(rate), float(took[len(took) * 99 // 100]), float(took[len(took) // 2]))
