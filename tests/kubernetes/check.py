#!/usr/bin/env python3
"""Shows how the real program follows a FeatureFlag on a real Kubernetes API server.

usage: check.py PROGRAM [--quick] [SCENARIO...]
       check.py --prepare
       check.py --prepared

Each scenario starts PROGRAM (a fanion) and prints one line with what was observed. The exit code is 1 if something does
not hold. --quick kills the API server for 10 s in place of 60 s, and makes 500 changes in place of 5,000. --prepare only builds or
downloads the programs of the cluster. --prepared succeeds if that was done.
"""
import os, pathlib, re, statistics, struct, subprocess, sys, time, traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "faults"))

from limits import CLOCK
from report import Callers, Report
from sidecar import Sidecar, until, version_flags
from cluster import Cluster, api_server, api_server_path, etcd
from proxy import Proxy

SOURCE = "core.openfeature.dev/default/flags"
QUICK = "--quick" in sys.argv
# The median of the time from the answer of the API server to the first evaluation with the new flags.
MOST_MEDIAN_MS = 100
RESOURCE = "featureflags.core.openfeature.dev in namespace `default`"


def follow(program, cluster, server=None, ready=True, options=()):
    """A sidecar that follows the FeatureFlag, directly or through a proxy."""
    return Sidecar(program, sources=[SOURCE], environment={"KUBECONFIG": cluster.kubeconfig(server)}, ready=ready, options=options)


def served(sidecar, version, most=10):
    """The milliseconds until a version is served; None if that takes more than `most` seconds."""
    seconds = until(lambda: sidecar.value() == str(version), most, 0.001)
    return None if seconds is None else seconds * 1e3


def failing(sidecar, text, most=40, after=0):
    """Waits for a log line at level ERROR with a text, not counting the first ones. Returns its error."""
    def found():
        return [line for line in sidecar.logged(text) if line["level"].upper() == "ERROR"][after:]
    until(found, most)
    return found()[0].get("error", "") if found() else None


def changes(report, program, cluster):
    """Created, changed, deleted and created again: how long until the answer changes."""
    sidecar = follow(program, cluster, ready=False)
    try:
        missing = failing(sidecar, "does not exist")
        report.expect(missing is not None and "`default/flags`" in missing, f"without the resource: {missing}")
        report.expect(sidecar.get("management", "/readyz")[0] == 412, "/readyz is 412 without flags")
        durations, version = [], 0
        for round in range(10 if QUICK else 25):
            version += 1
            cluster.create(version_flags(version))
            durations.append(served(sidecar, version))
            for _ in range(4):
                version += 1
                cluster.change(version_flags(version))
                durations.append(served(sidecar, version))
            cluster.delete()
            report.expect(until(lambda: sidecar.metric("fanion_source_stale"), 5) is not None, "deleted: stale") if round == 0 else None
            report.expect(sidecar.value() == str(version), "deleted: the last flags stay") if round == 0 else None
        report.expect(None not in durations, f"{len(durations)} changes served")
        durations = sorted(duration for duration in durations if duration is not None)
        median = statistics.median(durations)
        report.expect(median <= MOST_MEDIAN_MS, f"median {median:.1f} ms, p99 {durations[len(durations) * 99 // 100]:.1f} ms, max {durations[-1]:.1f} ms")
        report.expect(sidecar.get("management", "/readyz")[0] == 200, "/readyz is 200 with stale flags")
        names = {name for _, name in cluster.core.reviews}
        report.expect(names == {"flags"}, f"the role is bound to the names {names}")
        report.ends(sidecar, "SIGTERM")
    finally:
        sidecar.stop()


def expired(report, program, cluster):
    """A watch at a version that was compacted: the API server answers 410, and the resource is listed again."""
    proxy = Proxy(cluster)
    first = int(cluster.create(version_flags(1))["metadata"]["resourceVersion"])
    for version in range(2, 30):
        cluster.change(version_flags(version))
    cluster.compact()
    # The cache of the API server begins anew.
    cluster.kill_server()
    cluster.start_server()
    cluster.wait(lambda: cluster.request("GET", "/apis/core.openfeature.dev/v1beta1/namespaces/default/featureflags/flags")[0] == 200, 30)
    proxy.old_version = first
    sidecar = follow(program, cluster, proxy.url)
    try:
        seen = until(lambda: len(proxy.watches()) >= 2, 10)
        report.expect(seen is not None, f"a second watch {'after' if seen is not None else 'never'} {seen or 0:.2f} s")
        lists = len(proxy.requests) - len(proxy.watches())
        report.expect(lists == 2, f"{lists} lists")
        report.expect(sidecar.number("fanion_source_updates_total") == 1, "no failure is counted")
        cluster.change(version_flags(30))
        milliseconds = served(sidecar, 30)
        report.expect(milliseconds is not None, f"a change after that served after {milliseconds or 0:.1f} ms")
    finally:
        sidecar.stop()
        proxy.stop()


def killed(report, program, cluster):
    """The API server is killed, and starts again."""
    pause = 10 if QUICK else 60
    cluster.create(version_flags(1))
    sidecar = follow(program, cluster)
    try:
        report.serves(sidecar, 1, "before")
        begun = time.monotonic()
        cluster.kill_server()
        with Callers(sidecar) as callers:
            report.reported(sidecar, None, "fanion_source_stale", begun)
            report.expect(sidecar.get("management", "/readyz")[0] == 200, "/readyz is 200 meanwhile")
            time.sleep(pause - (time.monotonic() - begun))
            age = sidecar.number("fanion_source_age_seconds")
            report.expect(age >= pause - 2, f"age of the flags {age:.0f} s")
            cluster.start_server()
            cluster.wait(lambda: cluster.change(version_flags(2)), 30)
            back = time.monotonic()
            report.expect(served(sidecar, 2, 60) is not None, f"a change after {pause} s without the API server served after {time.monotonic() - back:.1f} s")
        report.expect(not callers.failures, callers.figures())
        lines = [line for line in sidecar.log if line["level"].upper() == "ERROR"]
        report.expect(len(lines) <= 4, f"{len(lines)} error lines in the log")
        cluster.change(version_flags(3))
        report.note(f"the next one after {served(sidecar, 3):.1f} ms")
    finally:
        sidecar.stop()


def hour(report, program, cluster):
    """The API server is gone for an hour by the wall clock of the sidecar."""
    cluster.create(version_flags(1))
    offset, library, source = (cluster.path / name for name in ("offset", "clock.so", "clock.c"))
    offset.write_bytes(struct.pack("<q", 0))
    source.write_text(CLOCK)
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    environment = {"KUBECONFIG": cluster.kubeconfig(), "LD_PRELOAD": str(library), "FAULTS_CLOCK": str(offset)}
    sidecar = Sidecar(program, sources=[SOURCE], environment=environment)
    try:
        cluster.kill_server()
        until(lambda: sidecar.metric("fanion_source_stale"), 10)
        with open(offset, "r+b") as file:
            file.write(struct.pack("<q", 3600))
        report.serves(sidecar, 1, "an hour later")
        age = sidecar.number("fanion_source_age_seconds")
        report.expect(3600 <= age < 3700, f"age of the flags {age:.0f} s")
        reminded = until(lambda: sidecar.logged("the source still fails; serving its last good flags"), 20)
        report.expect(reminded is not None, f"a reminder in the log after {reminded or 0:.1f} s")
        status, body = sidecar.body("management", "/readyz")
        report.expect(status == 200 and "default/flags" in body, f"/readyz {status} {' '.join(body.split())}")
        cluster.start_server()
        cluster.wait(lambda: cluster.change(version_flags(2)), 30)
        report.expect(served(sidecar, 2, 60) is not None, "a change after that served")
        report.expect(not sidecar.metric("fanion_source_stale"), "no longer stale")
    finally:
        sidecar.stop()


def rights(report, program, cluster):
    """The role loses its verbs and gets them back."""
    proxy = Proxy(cluster)
    cluster.create(version_flags(1))
    sidecar = follow(program, cluster, proxy.url)
    try:
        for left, verb in ((set(), "list"), ({"list"}, "watch")):
            before = len([line for line in sidecar.logged(f"no permission to {verb}") if line["level"].upper() == "ERROR"])
            cluster.core.verbs = left
            time.sleep(2)
            proxy.cut()
            why = failing(sidecar, f"no permission to {verb} {RESOURCE}", after=before)
            report.expect(why is not None, f"without {verb}: {why}")
            time.sleep(3)
            lines = [line for line in sidecar.logged(f"no permission to {verb}") if line["level"].upper() == "ERROR"]
            report.expect(len(lines) == before + 1, f"{len(lines) - before} line in 3 s")
            report.expect(sidecar.value() == "1", "the flags stay")
            cluster.core.verbs = {"list", "watch"}
            recovered = until(lambda: not sidecar.metric("fanion_source_stale"), 40)
            report.expect(recovered is not None, f"recovered after {recovered or 0:.1f} s")
        cluster.change(version_flags(2))
        report.expect(served(sidecar, 2) is not None, "a change served after that")
    finally:
        sidecar.stop()
        proxy.stop()


def token(report, program, cluster):
    """The token of the service account is replaced, and expires."""
    proxy = Proxy(cluster)
    cluster.create(version_flags(1))
    sidecar = follow(program, cluster, proxy.url)
    try:
        cluster.set_token("token-2")
        time.sleep(2)
        proxy.cut()
        watches = len(proxy.watches())
        report.expect(until(lambda: len(proxy.watches()) > watches, 10) is not None, "a replaced token is used by the next request")
        cluster.core.tokens.pop("token-2")
        time.sleep(2)
        proxy.cut()
        why = failing(sidecar, "has expired")
        report.expect(why is not None and "token-" not in why, f"expired: {why}")
        report.expect(sidecar.value() == "1", "the flags stay")
        cluster.set_token("token-3")
        recovered = until(lambda: not sidecar.metric("fanion_source_stale"), 40)
        report.expect(recovered is not None, f"recovered after {recovered or 0:.1f} s")
        report.expect(not sidecar.logged("token-"), "no token in the log")
    finally:
        sidecar.stop()
        proxy.stop()


def definitions(report, program, cluster):
    """The definition of the resource is missing, has another version, and is installed."""
    cluster.undefine()
    sidecar = follow(program, cluster, ready=False)
    try:
        why = failing(sidecar, "install its CustomResourceDefinition")
        report.expect(why is not None, f"without definition: {why}")
        cluster.define("v1alpha1")
        why = failing(sidecar, "in version v1alpha1, not in v1beta1")
        report.expect(why is not None, f"other version: {why}")
        cluster.undefine()
        cluster.define("v1beta1")
        cluster.create(version_flags(1))
        report.expect(served(sidecar, 1, 40) is not None, "installed: flags served")
    finally:
        sidecar.stop()


def memory(report, program, cluster):
    """Thousands of changes."""
    count = 500 if QUICK else 5000
    cluster.create(version_flags(0))
    sidecar = follow(program, cluster)
    try:
        samples, begun = [], time.monotonic()
        for version in range(1, count + 1):
            cluster.change(version_flags(version))
            if version % (count // 10) == 0:
                samples.append(sidecar.resident())
        seconds = time.monotonic() - begun
        milliseconds = served(sidecar, count)
        report.expect(milliseconds is not None, f"{count} changes in {seconds:.0f} s, the last one served after {milliseconds or 0:.1f} ms")
        report.expect(samples[-1] - samples[0] <= 1, f"RSS after each tenth: {' '.join(f'{sample:.1f}' for sample in samples)} MiB")
        report.note(f"{sidecar.number('fanion_source_updates_total'):.0f} updates")
    finally:
        sidecar.stop()


def pod(report, program, cluster):
    """The configuration of a pod: variables, and the directory of the service account."""
    cluster.create(version_flags(1))
    directory = "/run/secrets/kubernetes.io"
    script = f'mount -t tmpfs none /run && mkdir -p {directory} && ln -s "$0" {directory}/serviceaccount && exec "$@"'
    mapped = ["--map-root-user"] if os.getuid() else []
    before = ["unshare", *mapped, "--mount", "sh", "-c", script, str(cluster.directory)]
    environment = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(cluster.port), "KUBECONFIG": ""}
    sidecar = Sidecar(program, sources=[SOURCE], environment=environment, before=before)
    try:
        report.serves(sidecar, 1, "in a pod")
        cluster.change(version_flags(2))
        report.expect(served(sidecar, 2) is not None, "a change served")
    finally:
        sidecar.stop()
    outside = subprocess.run([program, "start", "--uri", SOURCE, "--fail-fast", *(word for port in ("port", "management-port", "sync-port", "ofrep-port") for word in (f"--{port}", "0"))],
                             env={key: value for key, value in os.environ.items() if not key.startswith("KUBE")}, capture_output=True, text=True, timeout=30)
    text = re.search("not in a Kubernetes cluster[^\"]*", outside.stderr)
    report.expect(outside.returncode == 1 and text is not None, f"outside: exit code {outside.returncode}, {text and text[0].strip()}")


SCENARIOS = {check.__name__: check for check in (changes, expired, killed, hour, rights, token, definitions, memory, pod)}


def run(name, program):
    """The report of a scenario, on a cluster of its own. A fault of the scenario itself counts as a failure."""
    report, begun, cluster = Report(name), time.monotonic(), None
    try:
        cluster = Cluster()
        cluster.define("v1beta1")
        SCENARIOS[name](report, program, cluster)
    except Exception:
        report.expect(False, traceback.format_exc())
    finally:
        if cluster:
            cluster.stop()
    report.note(f"{time.monotonic() - begun:.0f} s in total")
    report.print()
    return report


def main():
    if sys.argv[1:] == ["--prepare"]:
        api_server(), etcd()
        return
    if sys.argv[1:] == ["--prepared"]:
        sys.exit(not api_server_path().exists())
    program, *names = [word for word in sys.argv[1:] if word != "--quick"]
    failed = [report.name for report in [run(name, os.path.abspath(program)) for name in names or SCENARIOS] if report.failures]
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)


main()
