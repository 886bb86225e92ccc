#!/usr/bin/env python3
"""Shows how the first page works: a real control plane, a real sidecar, and real browsers.

usage: check.py PROGRAMS [--quick] [--screenshots] [BROWSER...]

PROGRAMS is a directory with fanion and fanion-control. BROWSER is `chromium` or `firefox`; both if none is named. --quick
has fewer flags and longer time limits, for programs that are not optimized. --screenshots writes docs/page/*.png. README.md
lists the requirements; a browser that is missing is reported as not run.
"""
import http.client, json, pathlib, re, shutil, statistics, subprocess, sys, tempfile, time, urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
for folder in ("faults", "fleet"):
    sys.path.insert(0, str(ROOT / "tests" / folder))
from control_plane import FLAG, ControlPlane, flags
from report import Report
from sidecar import Sidecar, until

QUICK = "--quick" in sys.argv
FLAGS = 500 if QUICK else 5000
MOST_SERVER_MS = 200 if QUICK else 50
MOST_BYTES = 60_000
BROWSERS = {"chromium": ("chrome", ("chromium", "chromium-browser", "google-chrome")), "firefox": ("firefox", ("firefox-esr", "firefox"))}
SHOWN = "checkout.new-basket"
MARKUP = "<script>window.planted = 1</script><img src=x onerror='window.planted = 1'>\"&amp; "


def document():
    """Many flags: one whose description is 10,000 characters of markup, and one for pictures."""
    made = json.loads(flags(FLAGS))
    lifecycle = {"owner": "team-checkout", "kind": "release", "ticket": "SHOP-1204"}
    made["flags"][FLAG]["lifecycle"] = lifecycle
    made["flags"][FLAG]["metadata"] = {"description": (MARKUP * 200)[:10_000].rstrip().ljust(10_000, ".")}
    made["flags"][SHOWN] = {**made["flags"][FLAG], "metadata": {"description": "The basket with instant totals."}}
    made["flags"]["checkout.vouchers"] = {**made["flags"][SHOWN], "metadata": {"description": "Vouchers in the last step."}}
    return json.dumps(made)


class Session:
    """A session without a browser, by which sizes and times are measured."""

    def __init__(self, control, token):
        self.control = control
        form = urllib.parse.urlencode({"token": token, "next": "/"})
        headers = {"content-type": "application/x-www-form-urlencoded", "origin": f"http://127.0.0.1:{control.port}"}
        status, answer, _ = self.request("POST", "/sign-in", form, headers)
        assert status == 303, answer
        self.cookie = answer.getheader("set-cookie").partition(";")[0]

    def request(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.control.port, timeout=30)
        connection.request(method, path, body, headers or {"cookie": self.cookie})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, answer, text

    def millis(self, path):
        """The median time of a page."""
        durations = []
        for _ in range(15):
            begun = time.perf_counter()
            status, _, _ = self.request("GET", path)
            assert status == 200, path
            durations.append((time.perf_counter() - begun) * 1e3)
        return statistics.median(durations)


def measured(report, session):
    """Sizes and times of the list, whatever the browser."""
    path = "/environments/default"
    _, answer, text = session.request("GET", path)
    assets = re.findall(r'(?:href|src)="(/assets/[^"]+)"', text.decode())
    size = len(text) + sum(len(session.request("GET", asset)[2]) for asset in assets)
    report.expect(size <= MOST_BYTES and len(assets) == 3, f"first page {size} bytes with {len(assets)} assets")
    policy = answer.getheader("content-security-policy")
    report.expect("default-src 'none'" in policy and "unsafe" not in policy, "strict policy of contents")
    for name, query in (("list", ""), ("search", "?q=flag-4"), ("search without a match", "?q=nothing+such")):
        millis = session.millis(path + query)
        report.expect(millis <= MOST_SERVER_MS, f"{name} of {FLAGS} flags {millis:.0f} ms")


def in_browser(report, name, control, sidecar, token, packages):
    """All checks in one browser."""
    kind, programs = BROWSERS[name]
    program = next(filter(None, map(shutil.which, programs)), None)
    if program is None:
        return report.note("not run: it is not installed")
    base = f"http://127.0.0.1:{control.port}"
    settings = {"base": base, "token": token, "browser": kind, "program": program, "replica": sidecar.pid, "key": FLAG, "quick": QUICK,
                "folder": control.folder.name, "shown": f"{base}/environments/default/flags/{SHOWN}", "description": 10_000,
                "shots": str(ROOT / "docs" / "page") if "--screenshots" in sys.argv and name == "chromium" else None}
    run = subprocess.run(["node", str(packages / "check.mjs"), json.dumps(settings)], capture_output=True, text=True, timeout=400)
    lines = [line.strip() for line in run.stdout.splitlines()]
    for line in lines:
        print(f"  {name}: {line}")
    report.expect(run.returncode == 0, f"{len(lines)} checks, exit code {run.returncode} {run.stderr[-800:]}")


def install():
    """The scripts beside the packages that they import."""
    packages = pathlib.Path(tempfile.mkdtemp())
    for file in pathlib.Path(__file__).parent.glob("*.*"):
        if file.suffix in (".mjs", ".json"):
            shutil.copy(file, packages)
    subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=packages, check=True)
    return packages


def main():
    programs, *names = [word for word in sys.argv[1:] if not word.startswith("--")]
    packages = install()
    control = ControlPlane(programs, document())
    sidecar = Sidecar(control.programs / "fanion", sources=[control.uri], options=("--replica-id", "basket-7f9c"))
    reports = []
    try:
        assert until(lambda: control.api("GET", "/progress")["applied"] == 1, 30) is not None
        token = (control.data_dir / "bootstrap-token").read_text().strip()
        reports.append(Report("sizes and times"))
        measured(reports[0], Session(control, token))
        reports[0].print()
        for name in names or BROWSERS:
            reports.append(Report(name))
            in_browser(reports[-1], name, control, sidecar, token, packages)
            reports[-1].print()
        assert token not in control.text(), "the token is in the log"
    finally:
        sidecar.stop()
        control.stop()
        shutil.rmtree(packages)
    sys.exit(any(report.failures for report in reports))


if __name__ == "__main__":
    main()
