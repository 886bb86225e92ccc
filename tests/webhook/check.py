#!/usr/bin/env python3
"""Shows that a receiver with the reference library takes the webhooks of a real control plane.

usage: check.py PROGRAMS

PROGRAMS is a directory with fanion-control and flagctl. The receiver verifies each message with `standardwebhooks` of
PyPI, which is installed if it is missing. It fails, hangs and loses answers; each change arrives, in order for each flag, and
what arrives twice has the same id.
"""
import base64, http.server, importlib.util, json, os, pathlib, subprocess, sys, tempfile, threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
for folder in ("faults", "fleet"):
    sys.path.insert(0, str(ROOT / "tests" / folder))
from control_plane import FLAG, ControlPlane, flags
from report import Report
from sidecar import until

# What the receiver does with the first messages of each flag; all later ones are taken.
FAULTS = ("fail", "lose", "take")


def reference_library():
    """The module `standardwebhooks`, from a directory of its own if the interpreter does not have it."""
    if importlib.util.find_spec("standardwebhooks") is None:
        folder = tempfile.mkdtemp()
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--target", folder, "standardwebhooks"], check=True)
        sys.path.insert(0, folder)
    import standardwebhooks
    return standardwebhooks


class Receiver(http.server.ThreadingHTTPServer):
    """Verifies messages, and answers as the faults say."""

    daemon_threads = True

    def __init__(self, library, secret):
        self.webhook, self.library = library.Webhook(secret), library
        self.taken, self.attempts, self.refused, self.lock = [], {}, 0, threading.Lock()
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def receive(self, body, headers):
        """What to do with a message: its fault."""
        event = self.webhook.verify(body, headers)
        with self.lock:
            identity = headers["webhook-id"]
            count = self.attempts[identity] = self.attempts.get(identity, 0) + 1
            fault = FAULTS[min(count, len(FAULTS)) - 1] if event["type"] == "flag.killed" else "take"
            if fault != "fail" and identity not in [known for known, _ in self.taken]:
                self.taken.append((identity, event))
        return fault

    def revisions(self, flag):
        with self.lock:
            return [event["data"]["revision"] for _, event in self.taken if event["data"]["flag"] == flag]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            fault = self.server.receive(body, headers)
        except Exception:
            self.server.refused += 1
            fault = "fail"
        if fault == "lose":
            return self.connection.close()
        self.send_response(500 if fault == "fail" else 204)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def check(report, programs):
    library = reference_library()
    secret = "whsec_" + base64.b64encode(os.urandom(32)).decode()
    receiver = Receiver(library, secret)
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(secret + "\n")
        file.flush()
        url = f"http://127.0.0.1:{receiver.server_port}/flags"
        control = ControlPlane(programs, flags(20), options=("--webhook", f"audit={url}", "--webhook-secret-path", f"audit={file.name}"))
        try:
            wanted = {FLAG: [], "flag-3": []}
            for name, change in ((FLAG, "kill"), ("flag-3", "kill"), (FLAG, "restore"), ("flag-3", "restore"), (FLAG, "pause")):
                wanted[name].append(control.api("POST", f"/flags/{name}/{change}", {"reason": "try"})["revision"])
            # Two failures: 5 s and 10 s at most.
            arrived = until(lambda: all(receiver.revisions(name) == revisions for name, revisions in wanted.items()), 40, 0.1)
            report.expect(arrived is not None, f"every change in order for each flag: {({name: receiver.revisions(name) for name in wanted})}")
            report.expect(receiver.refused == 0, f"{receiver.refused} messages that the reference library refused")
            repeated = [count for count in receiver.attempts.values() if count > 1]
            report.expect(repeated == [3, 3], f"attempts of repeated messages {repeated}, each with one id")
            identity, event = receiver.taken[-1]
            forged = json.dumps({**event, "type": "flag.restored"}).encode()
            try:
                receiver.webhook.verify(forged, {"webhook-id": identity, "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"})
                report.expect(False, "a forged message was accepted")
            except library.WebhookVerificationError:
                report.note("a forged message is refused")
            report.expect(secret not in control.text(), "the secret is not in the log")
        finally:
            control.stop()
            receiver.shutdown()


if __name__ == "__main__":
    result = Report("webhooks")
    check(result, sys.argv[1])
    result.print()
    sys.exit(bool(result.failures))
