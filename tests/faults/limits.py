"""Faults of limits and clocks: little memory, little CPU time, few descriptors, a clock that jumps."""
import contextlib, json, os, pathlib, socket, struct, subprocess, tempfile, threading, time
from http2 import RESOLVE_STRING, post
from json_server import JsonHandler, JsonServer
from report import Callers
from sidecar import Sidecar, replace, until, version_flags

CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

/* The seconds by which the clock of the process is wrong; the file is shared with the test. */
static volatile long *offset;

__attribute__((constructor)) static void map_offset(void) {
    int file = open(getenv("FAULTS_CLOCK"), O_RDONLY);
    offset = mmap(NULL, sizeof(long), PROT_READ, MAP_SHARED, file, 0);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, time);
    if (clock == CLOCK_REALTIME && offset) time->tv_sec += *offset;
    return result;
}
"""


@contextlib.contextmanager
def cgroup(controller, old, new):
    """A control group with these limits, for version 1 or 2. Yields the words that start a program in it."""
    name = f"fanion-faults-{os.getpid()}"
    root = pathlib.Path("/sys/fs/cgroup")
    first = root / controller
    group = (first if first.is_dir() else root) / name
    group.mkdir()
    try:
        for file, value in (old if first.is_dir() else new).items():
            (group / file).write_text(value)
        yield group, ["sh", "-c", f'echo $$ > {group}/cgroup.procs && exec "$@"', "sh"]
    finally:
        until(lambda: not (group / "cgroup.procs").read_text().strip(), 10)
        group.rmdir()


class Load:
    """Connections that evaluate without a pause. `rates` counts the responses."""

    def __init__(self, sidecar, connections=4):
        self.sidecar, self.stopped, self.count, self.failures = sidecar, False, 0, []
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(connections)]

    def run(self):
        try:
            with socket.create_connection(("127.0.0.1", self.sidecar.ports["evaluation"]), timeout=20) as client:
                request = post(RESOLVE_STRING, b'{"flagKey":"flag-1","context":{"user":"u"}}')
                while not self.stopped:
                    client.sendall(request)
                    if not client.recv(65536).startswith(b"HTTP/1.1 200"):
                        self.failures.append("no 200")
                    self.count += 1
        except OSError as error:
            self.failures.append(str(error))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopped = True
        for thread in self.threads:
            thread.join(30)


def memory(report, program, seconds=20):
    """32 MiB, 1,000 flags with rules, full load, and an edit a second."""
    limit = str(32 << 20)
    with cgroup("memory", {"memory.limit_in_bytes": limit}, {"memory.max": limit, "memory.swap.max": "0"}) as (group, before):
        sidecar = Sidecar(program, rules(1), before=before)
        baseline = sidecar.resident()
        with Load(sidecar) as load, Callers(sidecar) as callers:
            for version in range(2, 2 + seconds):
                replace(sidecar.flags, rules(version))
                report.sees_edit(sidecar, version) if version == 2 + seconds - 1 else time.sleep(1)
        peak = next((int((group / file).read_text()) / 2**20 for file in ("memory.max_usage_in_bytes", "memory.peak") if (group / file).exists()), 0)
        report.expect(sidecar.process.poll() is None and not load.failures, f"{load.count} evaluations under load, {len(load.failures)} failed; the group held {peak:.1f} of 32 MiB at most")
        report.expect(not callers.failures, callers.figures())
        report.memory_returns(sidecar, baseline)
        report.ends(sidecar)
        sidecar.stop()


def rules(version, count=1000):
    """1,000 flags with a version, and with a rule that splits users."""
    split = {"fractional": [{"cat": [{"var": "$flagd.flagKey"}, {"var": "user"}]}, ["v", 50], ["w", 50]]}
    rule = {"if": [{"in": [{"var": "plan"}, ["gold", "silver"]]}, split, "v"]}
    flag = {"state": "ENABLED", "variants": {"v": str(version), "w": "other"}, "defaultVariant": "v", "targeting": rule}
    return json.dumps({"flags": {f"flag-{i}": flag for i in range(count)}})


def cpu(report, program, seconds=10):
    """A tenth of a core, with 20 evaluations a second, and then with full load."""
    with cgroup("cpu", {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "10000"}, {"cpu.max": "10000 100000"}) as (_, before):
        begun = time.monotonic()
        sidecar = Sidecar(program, rules(1), before=before)
        report.note(f"ready after {time.monotonic() - begun:.1f} s")
        with Callers(sidecar, 0.05) as callers:
            for version in range(2, 2 + seconds // 2):
                replace(sidecar.flags, rules(version))
                if version == 2:
                    report.sees_edit(sidecar, version)
                time.sleep(1)
        report.expect(not callers.failures, callers.figures())
        with Load(sidecar) as load:
            time.sleep(1)
            replace(sidecar.flags, rules(99))
            report.sees_edit(sidecar, 99, 10, "under full load an edit")
            probes = sorted(sidecar.get("management", "/readyz") for _ in range(20))
            report.expect(all(status == 200 for status, _ in probes), f"/readyz {max(duration for _, duration in probes):.0f} ms at most")
            report.ends(sidecar)
        report.note(f"{load.count} evaluations under full load")
        sidecar.stop()


def descriptors(report, program):
    """All connections that the limit of open files leaves are in use: files are read, and probes answered."""
    sidecar = Sidecar(program, version_flags(1), descriptors=96)
    before = sidecar.descriptors()
    ports = ("evaluation", "ofrep", "sync")
    idle = [socket.create_connection(("127.0.0.1", sidecar.ports[name])) for name in ports for _ in range(60)]
    report.reported(sidecar, None, 'fanion_limit_hits_total{limit="file_descriptors"}', time.monotonic())
    report.note(f"{before} -> {sidecar.descriptors()} of 96 descriptors")
    status, duration = sidecar.get("management", "/readyz")
    report.expect(status == 200, f"/readyz {status} in {duration:.0f} ms")
    replace(sidecar.flags, version_flags(2))
    generation = until(lambda: sidecar.number("fanion_snapshot_generation") >= 2, 5)
    report.expect(generation is not None, f"an edit in force after {generation or 5:.2f} s")
    for client in idle:
        client.close()
    report.sees_edit(sidecar, 2, what="after they have closed the edit is")
    idle = [socket.create_connection(("127.0.0.1", sidecar.ports[name])) for name in ports for _ in range(60)]
    report.ends(sidecar)
    del idle
    sidecar.stop()


class DocumentServer(JsonServer):
    """Serves `text` at every path, while `responds` is set."""

    def __init__(self, text, host="127.0.0.1"):
        self.text, self.responds = text, threading.Event()
        self.responds.set()
        class Handler(JsonHandler):
            def do_GET(self):
                self.server.responds.wait()
                self.answer(200, self.server.text.encode())
        super().__init__((host, 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


def threads(report, program):
    """A limit of threads that is reached while the process starts, and while it runs."""
    most = len(os.sched_getaffinity(0)) + 8
    for limit in range(2, most + 1):
        with cgroup("pids", {"pids.max": str(limit)}, {"pids.max": str(limit)}) as (_, before):
            try:
                sidecar = Sidecar(program, version_flags(1), options=["--state-dir", tempfile.mkdtemp()], before=before, ready=False)
            except RuntimeError as error:
                report.note(f"{limit} threads: ends with a message ({str(error)[-80:]})")
                continue
            time.sleep(0.5)
            code = sidecar.process.poll()
            if code is not None:
                panicked = sidecar.logged("panicked")
                report.expect(code == 1 and not panicked, f"{limit} threads: ends with {code}, {len(panicked)} panics")
                continue
            status, body = sidecar.body("management", "/readyz")
            if status == 200:
                replace(sidecar.flags, version_flags(2))
                report.sees_edit(sidecar, 2, what=f"{limit} threads: an edit")
            else:
                report.expect(status == 412 and "no flags" in body, f"{limit} threads: /readyz {status} {' '.join(body.split())!r}")
            report.ends(sidecar)
            sidecar.folder.cleanup()


def clock(report, program):
    """The wall clock jumps by an hour, a day and ten years, back and forth. Sources: a file, and a URL that is polled every second."""
    folder = tempfile.mkdtemp()
    offset, library = pathlib.Path(folder, "offset"), pathlib.Path(folder, "clock.so")
    offset.write_bytes(struct.pack("<q", 0))
    pathlib.Path(folder, "clock.c").write_text(CLOCK)
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, f"{folder}/clock.c", "-ldl"], check=True)
    server = DocumentServer(version_flags(1, 1).replace("flag-0", "far"))
    url = f"http://127.0.0.1:{server.server_port}/flags.json"
    polled = json.dumps([{"uri": url, "provider": "http", "interval": 1}])
    sidecar = Sidecar(program, version_flags(1), options=["--sources", polled, "--state-dir", f"{folder}/state"],
                      environment={"LD_PRELOAD": str(library), "FAULTS_CLOCK": str(offset)})
    version = 1
    def jump(seconds):
        with open(offset, "r+b") as file:
            file.write(struct.pack("<q", seconds))
    with Callers(sidecar) as callers:
        for name, seconds in (("+1 h", 3600), ("-1 h", -3600), ("+1 d", 86400), ("-1 d", -86400), ("+10 y", 315_360_000), ("-10 y", -315_360_000), ("back", 0)):
            jump(seconds)
            probe = lambda: sidecar.fetch("management", "/healthz").decode()
            dated = until(lambda: time.strftime("%d %b %Y %H:", time.gmtime(time.time() + seconds)) in probe(), 5)
            report.expect(dated is not None, f"{name}: the date of responses follows after {dated or 5:.1f} s")
            version += 1
            replace(sidecar.flags, version_flags(version))
            report.sees_edit(sidecar, version, what="a file")
            server.text = version_flags(version, 1).replace("flag-0", "far")
            seen = until(lambda: sidecar.value("far") == str(version), 5)
            report.expect(seen is not None, f"a polled document after {seen or 5:.1f} s")
            status, body = sidecar.body("management", "/readyz")
            report.expect((status, body) == (200, ""), f"/readyz {status} {body!r}")
    report.expect(not callers.failures, callers.figures())
    # A stale source, and a clock that goes back behind the time of its last success.
    server.shutdown()
    server.server_close()
    begun = time.monotonic()
    report.reported(sidecar, "stale flags of source http", "fanion_source_stale", begun)
    jump(-86400)
    ages = [line.rsplit(" ", 1)[1] for line in sidecar.metric("fanion_source_age_seconds")]
    report.expect(ages == ["+Inf"], f"age after a jump of -1 d: {ages}")
    report.ends(sidecar)
    sidecar.stop()


SCENARIOS = {"memory": memory, "cpu": cpu, "descriptors": descriptors, "threads": threads, "clock": clock}
