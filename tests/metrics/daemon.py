"""A fanion daemon for a check, on free ports."""
import json, pathlib, queue, signal, subprocess, sys, tempfile, threading, time, urllib.error, urllib.request

PATIENCE = 20
FLAGS = {"flags": {
    "static": {"variants": {"on": True, "off": False}, "defaultVariant": "on", "metadata": {"flagSetId": "set", "version": "7"}},
    "rule": {"variants": {"on": True, "off": False}, "defaultVariant": "off",
             "targeting": {"if": [{"==": [{"var": "country"}, "DE"]}, "on"]}}}}


class Daemon:
    def __init__(self, program, *options, env=None):
        self.directory = tempfile.TemporaryDirectory()
        flags = pathlib.Path(self.directory.name, "flags.json")
        flags.write_text(json.dumps(FLAGS))
        ports = [f"--{name}port=0" for name in ("", "management-", "sync-", "ofrep-")]
        command = [program, "start", "--uri", f"file:{flags}", "--log-format", "json", *ports, *options]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        text=True, env={"HOME": "/", **(env or {})})
        self.lines, self.log = queue.Queue(), []
        threading.Thread(target=self.read, daemon=True).start()
        names = ("evaluation", "management", "ofrep", "sync")
        self.ports = {name: self.line(message="listening", name=name)["port"] for name in names}
        self.line(message="flags reloaded")

    def read(self):
        for line in self.process.stderr:
            self.lines.put(json.loads(line))

    def line(self, **members):
        """The first log line with these members; waits for it if necessary."""
        fits = lambda line: all(line.get(name) == value for name, value in members.items())
        for line in self.log:
            if fits(line):
                return line
        deadline = time.monotonic() + PATIENCE
        while True:
            line = self.lines.get(timeout=max(0.01, deadline - time.monotonic()))
            self.log.append(line)
            if fits(line):
                return line

    def ask(self, port, path, body=None, headers=None):
        """Status and body of an HTTP response."""
        url = f"http://localhost:{self.ports[port]}{path}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, {"content-type": "application/json", **(headers or {})})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode()

    def stop(self):
        """Sends SIGTERM, as Kubernetes does, and returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.directory.cleanup()


def check(claim, fine, shown=""):
    print(f"{'ok' if fine else 'FAIL'} {claim}{'' if fine else f' ({shown})'}", flush=True)
    if not fine:
        sys.exit(1)
