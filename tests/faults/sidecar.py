"""The sidecar under test: starts the real program, sends requests, reads its metrics, memory and log, and ends it."""
import json, os, pathlib, resource, signal, socket, subprocess, tempfile, threading, time
from http2 import RESOLVE_STRING, post

PORTS = ("port", "management-port", "sync-port", "ofrep-port")
# The grace period of a shutdown, and the time that it may be exceeded by.
MOST_SHUTDOWN = 5.5
# The field of a request after which the connection ends.
CLOSE = "Connection: close\r\n"
# The time in which a fault must be reported.
MOST_REPORT = 5.0


def boolean_flags(count):
    """A document of flags that are true."""
    variants = {"on": True, "off": False}
    return json.dumps({"flags": {f"flag-{i}": {"state": "ENABLED", "variants": variants, "defaultVariant": "on"} for i in range(count)}})


def version_flags(version, count=20):
    """A document whose flags all have the value `version`, so that a mixture of two documents shows."""
    flag = {"state": "ENABLED", "variants": {"v": str(version)}, "defaultVariant": "v"}
    return json.dumps({"flags": {f"flag-{i}": flag for i in range(count)}})


def replace(path, text):
    """Replaces a file as a careful editor does: a reader sees the old or the new text."""
    pathlib.Path(f"{path}~").write_text(text)
    os.rename(f"{path}~", path)


def until(condition, most, interval=0.01):
    """The seconds until `condition` returns something true, or None after `most` seconds."""
    begun = time.monotonic()
    while time.monotonic() - begun < most:
        if condition():
            return time.monotonic() - begun
        time.sleep(interval)
    return None


def free_port():
    """A port of loopback that no process uses at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def raise_descriptors():
    """Raises the limit of open files of this process as far as it is permitted, and returns it."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


class Sidecar:
    """A running fanion. Without `sources` it reads `flags.json` in a directory of its own, which contains `document`."""

    def __init__(self, program, document=None, descriptors=None, options=(), sources=None, before=(), environment=None, user=None, ready=True, host="127.0.0.1"):
        self.folder = tempfile.TemporaryDirectory()
        self.flags = pathlib.Path(self.folder.name, "flags.json")
        if document is not None:
            self.flags.write_text(document)
        os.chmod(self.folder.name, 0o755)
        self.ports, self.log, self.host = {}, [], host
        words = [word for port in PORTS for word in (f"--{port}", "0")]
        words += [word for source in (sources if sources is not None else [f"file:{self.flags}"]) for word in ("--uri", source)]
        def prepare():
            if descriptors:
                resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
            if user:
                os.setgroups([])
                os.setgid(user)
                os.setuid(user)
        self.process = subprocess.Popen([*before, str(program), "start", *words, "--log-format", "json", *options], text=True, preexec_fn=prepare,
                                        stderr=subprocess.PIPE, env={**os.environ, **(environment or {})})
        self.pid = self.process.pid
        self.reads_log = threading.Event()
        self.reads_log.set()
        threading.Thread(target=self.read_log, daemon=True).start()
        assert until(lambda: len(self.ports) == 4 or self.process.poll() is not None, 30), self.log
        if len(self.ports) < 4:
            raise RuntimeError(f"fanion has ended: {self.log[-3:]}")
        if ready:
            self.wait_until_ready()

    def read_log(self):
        for line in self.process.stderr:
            self.reads_log.wait()
            if not line.startswith("{"):
                continue
            entry = json.loads(line)
            self.log.append(entry)
            if entry.get("message") == "listening":
                self.ports[entry["name"]] = entry.get("port")

    def wait_until_ready(self, most=30):
        assert until(lambda: self.get("management", "/readyz")[0] == 200, most), f"never ready: {self.log[-3:]}"

    def logged(self, text):
        """The log lines that contain a text."""
        return [line for line in list(self.log) if text in json.dumps(line)]

    def request(self, port, data, timeout=20):
        """The response to a request on a new connection, up to its end."""
        with socket.create_connection((self.host, self.ports[port]), timeout=timeout) as client:
            client.sendall(data)
            return b"".join(iter(lambda: client.recv(65536), b""))

    def fetch(self, port, path):
        """The response to a GET."""
        return self.request(port, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())

    def get(self, port, path):
        """The status of a GET on a new connection, and its duration in milliseconds."""
        begun = time.perf_counter()
        data = self.fetch(port, path)
        return int(data.split()[1]), (time.perf_counter() - begun) * 1e3

    def body(self, port, path):
        """The status and the text of a GET."""
        head, _, body = self.fetch(port, path).partition(b"\r\n\r\n")
        return int(head.split()[1]), body.decode()

    def value(self, flag="flag-1", timeout=20):
        """The value of a flag that is a string, or the error code."""
        request = post(RESOLVE_STRING, json.dumps({"flagKey": flag}).encode(), CLOSE)
        answer = json.loads(self.request("evaluation", request, timeout).partition(b"\r\n\r\n")[2])
        return answer.get("value", answer.get("code"))

    def values(self):
        """The distinct values of all flags."""
        request = post(b"/ofrep/v1/evaluate/flags", b"{}", CLOSE)
        head, _, body = self.request("ofrep", request).partition(b"\r\n\r\n")
        if b"chunked" in head.lower():
            raise RuntimeError("a chunked response")
        return {flag["value"] for flag in json.loads(body)["flags"]}

    def metric(self, start):
        """The series that begin with a text and are not 0, as lines."""
        return [line for line in self.body("management", "/metrics")[1].splitlines() if line.startswith(start) and not line.endswith(" 0")]

    def number(self, start):
        """The sum of the series that begin with a text."""
        return sum(float(line.rsplit(" ", 1)[1]) for line in self.metric(start))

    def resident(self):
        """Resident memory in MiB."""
        pages = int(pathlib.Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * resource.getpagesize() / 2**20

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def terminate(self, most=60):
        """The seconds from SIGTERM to the end of the process, and its exit code."""
        begun = time.monotonic()
        os.kill(self.pid, signal.SIGTERM)
        try:
            code = self.process.wait(most)
        except subprocess.TimeoutExpired:
            code = None
        return time.monotonic() - begun, code

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()
