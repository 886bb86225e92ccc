"""h2load (Debian's nghttp2-client) against one server."""
import dataclasses, pathlib, re, shutil, subprocess

GRPC = ["-H", "content-type: application/grpc", "-H", "te: trailers"]
JSON = ["-H", "content-type: application/json", "--h1"]


@dataclasses.dataclass
class Call:
    """A request and where it goes."""
    body: pathlib.Path
    path: str
    headers: list
    port: str = "port"


@dataclasses.dataclass
class Outcome:
    """What a run of calls took."""
    cpu: float  # µs of the server's CPU per call
    rate: float  # calls per second
    p99: float | None = None  # µs


def run(server, call, calls, connections=8, streams=16, rate=None, directory=None):
    """`calls` calls as fast as they are answered, or at `rate` a second, spread over the connections. Streams are those
    of HTTP/2; HTTP/1.1 has one."""
    if shutil.which("h2load") is None:
        raise SystemExit("h2load is missing: apt-get install nghttp2-client")
    command = ["h2load", "-n", str(calls), "-c", str(connections), "-t", "1", "-d", str(call.body), *call.headers]
    if "--h1" not in call.headers:
        command += ["-m", str(streams)]
    log = None
    if rate is not None:
        log = pathlib.Path(directory, "calls.tsv")
        log.unlink(missing_ok=True)
        command += [f"--rps={max(rate // connections, 1)}", f"--log-file={log}"]
    command.append(f"http://127.0.0.1:{server.ports[call.port]}{call.path}")
    before = server.cpu()
    out = subprocess.run(command, capture_output=True, text=True, timeout=600).stdout
    spent = server.cpu() - before
    if f"{calls} succeeded" not in out:
        raise SystemExit(f"{server.name} did not answer every call:\n{out}")
    reached = float(re.search(r"([\d.]+) req/s", out).group(1))
    return Outcome(spent / calls * 1e6, reached, log and percentile(log, 0.99))


def percentile(log, share):
    """Of the times that calls took, in µs."""
    took = sorted(int(line.split("\t")[2]) for line in log.read_text().splitlines())
    return float(took[min(int(len(took) * share), len(took) - 1)])
