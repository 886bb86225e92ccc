#!/usr/bin/env python3
"""Shows how the real program follows objects in emulators of S3, Google Cloud Storage and Azure Blob Storage.

usage: check.py PROGRAM [SCENARIO...]
       check.py --prepare

Each scenario starts PROGRAM (a fanion) and prints one line with what was observed. The exit code is 1 if something does
not hold. --prepare only installs the emulators.
"""
import contextlib, json, os, pathlib, re, signal, struct, subprocess, sys, tempfile, time, traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "faults"), str(HERE.parent / "deploy")]

import emulators
from emulators import BUCKET, KEY, Azure, Gcs, S3, StrictS3
from limits import CLOCK
from page import commands
from proxy import RecordingProxy
from report import Report
from sidecar import Sidecar, until, version_flags

# The interval of the sources, in seconds, and the time that a request may take beyond it.
INTERVAL, EXTRA = 1, 1.5
LARGE = 100 * 2**20


class Setup:
    """An emulator behind a proxy, and a sidecar that polls its object."""

    def __init__(self, emulator, program, environment=None, before=None, ready=True):
        self.proxy = RecordingProxy()
        self.store = emulator(self.proxy.address)
        self.proxy.target = ("127.0.0.1", self.store.port)
        self.program, self.sidecar = program, None
        self.store.create()
        self.put(1)
        if before:
            before(self.store)
        self.environment = {**self.variables(), **(environment or {})}
        self.start()
        if ready:
            self.wait_until_ready()

    def variables(self):
        if isinstance(self.store, Gcs):
            return {"STORAGE_EMULATOR_HOST": self.proxy.address}
        return self.store.environment

    def wait_until_ready(self):
        try:
            self.sidecar.wait_until_ready()
        except AssertionError:
            self.stop()
            raise

    def start(self):
        uri = self.store.uri(self.proxy.address)
        source = [{"uri": uri, "provider": self.store.provider, "interval": INTERVAL}]
        self.sidecar = Sidecar(self.program, sources=[], options=["--sources", json.dumps(source)], environment=self.environment, ready=False)

    def put(self, version):
        self.store.put(version_flags(version).encode())

    def failing(self, text, most=10):
        """Waits until the source fails with a text, and returns its error."""
        def found():
            return [line for line in self.sidecar.logged(text) if line["level"].upper() == "ERROR"]
        until(found, most)
        return found()[-1].get("error", "") if found() else None

    def stop(self):
        if self.sidecar:
            self.sidecar.stop()
        self.store.stop()
        self.proxy.stop()


def follow(report, setup):
    """What holds for each store: a change, no change, an object that is too large, and a bucket that is gone and back."""
    sidecar, proxy = setup.sidecar, setup.proxy
    report.serves(sidecar, 1, "at the start")
    delays = []
    for version in range(2, 5):
        setup.put(version)
        delays.append(until(lambda: sidecar.value() == str(version), INTERVAL + EXTRA, 0.002))
    report.expect(None not in delays, f"changes served after {' '.join(f'{delay or -1:.2f}' for delay in delays)} s")
    unchanged(report, setup)
    gone_and_back(report, setup)
    too_large(report, setup)
    report.expect(not sidecar.logged("Authorization") and not sidecar.logged(emulators.ACCOUNT_KEY[:20]), "no secret in the log")
    report.ends(sidecar, "SIGTERM")


def unchanged(report, setup):
    """An object that has not changed costs no body."""
    time.sleep(INTERVAL)
    begun = len(setup.proxy.exchanges)
    until(lambda: len(setup.proxy.exchanges) >= begun + 3, 4 * INTERVAL + EXTRA)
    seen = setup.proxy.exchanges[begun:]
    statuses = {exchange.status for exchange in seen}
    size = sum(exchange.body_bytes for exchange in seen)
    report.expect(statuses == {304} and size == 0, f"{len(seen)} polls of an unchanged object: status {statuses}, {size} bytes of bodies")


def gone_and_back(report, setup):
    sidecar = setup.sidecar
    setup.store.delete()
    noun = "container" if isinstance(setup.store, Azure) else "bucket"
    why = setup.failing(f"the {noun} `{BUCKET}`")
    report.expect(why is not None, f"{noun} gone: {why}")
    report.expect(sidecar.value() == "4" and bool(sidecar.metric("fanion_source_stale")), "the flags stay, and are stale")
    report.expect(sidecar.get("management", "/readyz")[0] == 200, "/readyz is 200")
    setup.store.create()
    setup.put(5)
    back = until(lambda: sidecar.value() == "5", 2 * INTERVAL + EXTRA)
    report.expect(back is not None, f"back: served after {back or 0:.2f} s")


def too_large(report, setup):
    """An object of 100 MiB is refused by its announced length, and without a length after 64 MiB."""
    sidecar = setup.sidecar
    before, begun = peak(sidecar), len(setup.proxy.exchanges)
    setup.store.put(b" " * LARGE)
    why = setup.failing("larger than")
    report.expect(why is not None, f"100 MiB: {why}")
    time.sleep(2 * INTERVAL)
    grown = peak(sidecar) - before
    report.expect(grown <= 1, f"peak of RSS grows by {grown:.1f} MiB")
    most = max(exchange.body_bytes for exchange in setup.proxy.exchanges[begun:])
    report.note(f"at most {most / 2**20:.1f} MiB sent")
    resident, failures = sidecar.resident(), sidecar.number("fanion_source_errors_total")
    setup.proxy.hides_length = True
    refused = until(lambda: sidecar.number("fanion_source_errors_total") >= failures + 3, 30)
    report.expect(refused is not None, "without a length: refused")
    report.expect(peak(sidecar) - before <= 150, f"peak of RSS then {peak(sidecar):.1f} MiB")
    report.expect(sidecar.value() == "5", "the flags stay")
    setup.proxy.hides_length = False
    setup.put(6)
    report.expect(until(lambda: sidecar.value() == "6", 2 * INTERVAL + EXTRA) is not None, "the next change served")
    report.memory_returns(sidecar, resident)


def peak(sidecar):
    """The peak of the resident memory in MiB."""
    status = pathlib.Path(f"/proc/{sidecar.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s*(\d+)", status)[1]) / 1024


def s3(report, program):
    with_setup(report, Setup(S3, program), follow)


def gcs(report, program):
    setup = Setup(Gcs, program)
    # fake-gcs-server ignores If-None-Match, which the real store honours.
    setup.proxy.adds_304 = True
    with_setup(report, setup, follow)


def azure(report, program):
    with_setup(report, Setup(Azure, program), follow)


def with_setup(report, setup, check):
    try:
        check(report, setup)
    finally:
        setup.stop()


def rotation(report, program):
    """Access keys in a shared credentials file are replaced, and lose their permission. moto checks each signature."""
    path = pathlib.Path(os.environ.get("TMPDIR", "/tmp"), f"fanion-credentials-{os.getpid()}")
    environment = {"AWS_SHARED_CREDENTIALS_FILE": str(path), "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_PROFILE": "team"}
    old = []
    def prepare(store):
        store.iam("CreateUser", UserName="sidecar")
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
        store.iam("PutUserPolicy", UserName="sidecar", PolicyName="read", PolicyDocument=json.dumps(policy))
        old.append(new_key(store, path))
        store.protect()
    setup = Setup(S3, program, environment, prepare)
    try:
        replaced(report, setup, path, old[0])
    finally:
        setup.stop()
        path.unlink(missing_ok=True)


def new_key(store, path):
    """Writes a new access key to a file, as the AWS command line does, and returns its ID."""
    answer = store.iam("CreateAccessKey", UserName="sidecar")
    key, secret = (re.search(f"<{name}>([^<]*)<", answer)[1] for name in ("AccessKeyId", "SecretAccessKey"))
    path.write_text(f"[default]\naws_access_key_id = nobody\naws_secret_access_key = nothing\n\n[team]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n")
    path.chmod(0o600)
    return key


def replaced(report, setup, path, old):
    sidecar, store = setup.sidecar, setup.store
    report.serves(sidecar, 1, "with the first key")
    new_key(store, path)
    store.iam("DeleteAccessKey", UserName="sidecar", AccessKeyId=old)
    setup.put(2)
    store.protect()
    seen = until(lambda: sidecar.value() == "2", 2 * INTERVAL + EXTRA)
    report.expect(seen is not None, f"with the second key: a change served after {seen or 0:.2f} s")
    refused = [exchange for exchange in setup.proxy.exchanges if exchange.status == 403]
    report.expect(len(refused) == 1, f"{len(refused)} request refused")
    report.expect(not sidecar.metric("fanion_source_errors_total"), "no failure is counted")
    store.iam("DeleteUserPolicy", UserName="sidecar", PolicyName="read")
    store.protect()
    why = setup.failing("no permission to read")
    report.expect(why is not None, f"without the permission: {why}")
    report.expect(sidecar.value() == "2", "the flags stay")
    report.expect(not sidecar.logged("aws_secret"), "no secret in the log")


def clock(report, program):
    """The clock of the sidecar is 20 minutes behind, and is then corrected."""
    folder = pathlib.Path(os.environ.get("TMPDIR", "/tmp"), f"fanion-clock-{os.getpid()}")
    folder.mkdir()
    offset, library, source = (folder / name for name in ("offset", "clock.so", "clock.c"))
    offset.write_bytes(struct.pack("<q", -1200))
    source.write_text(CLOCK)
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    environment = {"LD_PRELOAD": str(library), "FAULTS_CLOCK": str(offset)}
    setup = Setup(StrictS3, program, environment, ready=False)
    try:
        why = setup.failing("the clock of this host")
        report.expect(why is not None and " s behind that of the store" in why and "RequestTimeTooSkewed" in why, f"20 minutes behind: {why}")
        report.expect(setup.sidecar.get("management", "/readyz")[0] == 412, "/readyz is 412 without flags")
        with open(offset, "r+b") as file:
            file.write(struct.pack("<q", 0))
        served = until(lambda: setup.sidecar.value() == "1", 2 * INTERVAL + EXTRA)
        report.expect(served is not None, f"corrected: flags served after {served or 0:.2f} s")
        unchanged(report, setup)
    finally:
        setup.stop()
        subprocess.run(["rm", "-rf", str(folder)], check=True)


def page(report, program):
    """The commands of docs/object-stores.md, in a network of their own if that is permitted, because their ports are fixed."""
    text = (HERE.parents[1] / "docs" / "object-stores.md").read_text()
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        enter = own_network(stack)
        # Most of the modules that pip would compile are never imported.
        environment = {**os.environ, "PATH": f"{pathlib.Path(program).parent}:{os.environ['PATH']}", "PIP_NO_COMPILE": "1"}
        for command, printed in commands(text):
            # Only the installation needs the internet.
            words = [*([] if "pip" in command else enter), "bash", "-c", command.removesuffix("&").strip()]
            if command.endswith("&"):
                process = subprocess.Popen(["setsid", *words], cwd=folder, env=environment, stderr=subprocess.DEVNULL)
                stack.callback(end, process)
                continue
            done = subprocess.run(words, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE)
            same = not printed or json.loads(done.stdout) == json.loads(printed)
            report.expect(done.returncode == 0 and same, f"{command.splitlines()[0]}: {done.stdout.strip()}")


def own_network(stack):
    """The words before a command that let it run in another network namespace."""
    if os.getuid():
        return []
    holder = subprocess.Popen(["unshare", "--net", "sh", "-c", "ip link set lo up && echo && exec sleep infinity"], stdout=subprocess.PIPE)
    stack.callback(end, holder)
    holder.stdout.readline()
    return ["nsenter", f"--net=/proc/{holder.pid}/ns/net"]


def end(process):
    """Ends a process and those that it has started."""
    for pid in [*children(process.pid), process.pid]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()


def children(pid):
    with contextlib.suppress(FileNotFoundError):
        text = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return [below for child in map(int, text.split()) for below in [*children(child), child]]
    return []


SCENARIOS = {check.__name__: check for check in (s3, gcs, azure, rotation, clock, page)}


def run(name, program):
    """The report of a scenario. A fault of the scenario itself counts as a failure."""
    report, begun = Report(name), time.monotonic()
    try:
        SCENARIOS[name](report, program)
    except Exception:
        report.expect(False, traceback.format_exc())
    report.note(f"{time.monotonic() - begun:.0f} s in total")
    report.print()
    return report


def main():
    if sys.argv[1:] == ["--prepare"]:
        emulators.moto(), emulators.azurite(), emulators.gofakes3(), emulators.fake_gcs()
        return
    program, *names = sys.argv[1:]
    failed = [report.name for report in [run(name, os.path.abspath(program)) for name in names or SCENARIOS] if report.failures]
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)


main()
