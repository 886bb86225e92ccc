"""The control plane under test: starts the real program, and speaks to its API and through `flagctl`."""
import http.client, json, os, pathlib, resource, signal, subprocess, sys, tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "faults"))
from sidecar import free_port, until

FLAG = "checkout.pay"


def flags(count, percentage=5):
    """A document of `count` flags: the first with rings and a percentage, the others with a targeting rule of flagd."""
    variants = {"on": True, "off": False}
    rollout = {"variant": "on", "rings": ["internal"], "percentage": percentage}
    document = {"rings": {"internal": {"in": [{"var": "group"}, ["staff"]]}},
                "flags": {FLAG: {"state": "ENABLED", "variants": variants, "defaultVariant": "off", "rollout": rollout}}}
    rule = {"if": [{"in": [{"var": "country"}, ["DE", "FR"]]}, "on", {"fractional": [{"var": "targetingKey"}, ["on", 30], ["off", 70]]}]}
    for i in range(count - 1):
        document["flags"][f"flag-{i}"] = {"state": "ENABLED", "variants": variants, "defaultVariant": "off", "targeting": rule}
    return json.dumps(document)


class ControlPlane:
    """A running fanion-control with one environment, whose flags are in `flags.json` of a directory of its own."""

    def __init__(self, programs, document, options=(), folder=None, data_dir=None, ports=None, before=()):
        self.programs = pathlib.Path(programs)
        self.folder = folder or tempfile.TemporaryDirectory()
        self.flags = pathlib.Path(self.folder.name, "flags.json")
        if document is not None:
            self.flags.write_text(document)
        self.data_dir = pathlib.Path(data_dir or pathlib.Path(self.folder.name, "data"))
        self.port, self.sync_port = ports or (free_port(), free_port())
        self.log = open(pathlib.Path(self.folder.name, "control.log"), "ab+")
        self.options, self.before = options, before
        self.start()

    def start(self):
        words = ["--flags", str(self.flags), "--data-dir", str(self.data_dir), "--bind-address", "127.0.0.1",
                 "--port", str(self.port), "--sync-port", str(self.sync_port), *self.options]
        raise_limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
        self.process = subprocess.Popen([*self.before, str(self.programs / "fanion-control"), *words], stderr=self.log, preexec_fn=raise_limit)
        self.ready_after = until(lambda: self.process.poll() is not None or self.is_ready(), 30, 0.001)
        assert self.ready_after is not None and self.process.poll() is None, self.text()

    def text(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def is_ready(self):
        try:
            return self.request("GET", "/readyz", token=None)[0] == 200
        except OSError:
            return False

    @property
    def uri(self):
        return f"grpc://127.0.0.1:{self.sync_port}"

    def request(self, method, path, body=None, token="bootstrap", timeout=30):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        headers = {}
        if token:
            headers["authorization"] = "Bearer " + (self.data_dir / "bootstrap-token").read_text().strip()
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        kind = response.getheader("content-type") or ""
        return response.status, json.loads(text) if "json" in kind and "ndjson" not in kind else text

    def api(self, method, path="", body=None):
        """The answer about the environment, which must be 200."""
        status, answer = self.request(method, f"/fanion/v1/environments/default{path}", body)
        assert status == 200, answer
        return answer

    def flagctl(self, *words, timeout=60):
        """The exit code, the output and the messages of a command."""
        environment = {**os.environ, "FLAGCTL_CONTROL": f"http://127.0.0.1:{self.port}",
                       "FLAGCTL_TOKEN_PATH": str(self.data_dir / "bootstrap-token"), "NO_COLOR": "1"}
        run = subprocess.run([str(self.programs / "flagctl"), *words], capture_output=True, text=True, env=environment, timeout=timeout)
        return run.returncode, run.stdout, run.stderr

    def kill_flag(self, wait="10s"):
        """The output of `flagctl kill --wait`, and its exit code."""
        code, output, messages = self.flagctl("kill", FLAG, "--wait", "--timeout", wait, "-o", "json")
        assert output, messages
        return json.loads(output), code

    def resident(self):
        """Resident memory in MiB."""
        pages = int(pathlib.Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * resource.getpagesize() / 2**20

    def end(self, signal_number=signal.SIGTERM):
        self.process.send_signal(signal_number)
        return self.process.wait(30)

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()
