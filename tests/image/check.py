"""Checks the images: contents, configuration, and runs with a read-only root, a user of their own and little memory.

The container is made here, with the calls that a runtime makes: a mount namespace with the image as its read-only root,
the user 65532, and a memory cgroup.
"""
import contextlib, http.server, json, os, pathlib, re, socket, subprocess, sys, tempfile, threading
from sidecar import Sidecar, boolean_flags, until

MIB = 2**20
# With programs of the profile `dist`, which images have.
MOST_IMAGE = 15 * MIB
MEMORY = 32 * MIB
BUILDAH = ["buildah", *os.environ["BUILDER_OPTIONS"].split()]
REQUEST = {"flagKey": "flag-7", "context": {"targetingKey": "user-1"}}
RESOLVE = "/flagd.evaluation.v1.Service/ResolveBoolean"
# A runtime creates the directories of mounts in the root before it makes it read-only.
ENTER = """
set -eu
root=$1; shift
while [ "$1" != -- ]; do
  target=$root${1#*:}
  if [ -d "${1%%:*}" ]; then mkdir -p "$target"; else touch "$target"; fi
  mount --bind "${1%%:*}" "$target"
  shift
done
shift
mkdir -p "$root/proc" "$root/dev"
mount --bind "$root" "$root" -o rbind
mount -o remount,bind,ro "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
if [ -n "${CGROUP:-}" ]; then echo $$ >"$CGROUP"; fi
unset CGROUP
exec chroot --userspec=65532:65532 "$root" "$@"
"""


def buildah(*arguments):
    run = subprocess.run([*BUILDAH, *arguments], check=True, text=True, stdout=subprocess.PIPE)
    return run.stdout.strip()


def expect(holds, claim, *seen):
    print("ok" if holds else "FAILED", claim, *seen, flush=True)
    assert holds, (claim, *seen)


def image_of(program):
    [image] = {line.split()[0] for line in buildah("images", "--format", "{{.ID}} {{.Name}}").splitlines() if line.endswith(f"/{program}")}
    return image


def check_contents(program, root, inspected):
    """The configuration, and the files: programs, their libraries and data, and nothing else that can be run."""
    config = inspected["OCIv1"]["config"]
    labels = config["Labels"]
    files = [path for path in root.rglob("*") if path.is_file() and not path.is_symlink()]
    size = sum(path.stat().st_size for path in files)
    expect(sys.argv[1] != "dist" or size <= MOST_IMAGE, f"{program}: the size of the image, at most 15 MiB with the profile dist:", f"{size / MIB:.1f} MiB")
    expect(config["User"] == "65532:65532", f"{program}: the user is 65532")
    expect(config["Entrypoint"] == [f"/usr/bin/{program}"], f"{program}: the entry point is the program")
    expect(len(inspected["OCIv1"]["rootfs"]["diff_ids"]) == 1, f"{program}: one layer")
    expect({"title", "version", "revision", "created", "source", "licenses"} <= {name.rpartition(".")[2] for name in labels}, f"{program}: labels of OCI")
    executable = sorted(path.name for path in files if os.access(path, os.X_OK) and ".so" not in path.name)
    expect(executable == [program], f"{program}: no shell and no other program", executable)
    writable = [path for path in root.rglob("*") if not path.is_symlink() and path.stat().st_mode & 0o022]
    expect(not writable, f"{program}: nobody but root could write files", writable)


@contextlib.contextmanager
def mounted(program):
    """The root of a container of the image, and what `buildah inspect` prints."""
    image = image_of(program)
    inspected = json.loads(buildah("inspect", "--type", "image", image))
    container = buildah("from", image)
    try:
        yield pathlib.Path(buildah("mount", container)), inspected
    finally:
        buildah("rm", container)


@contextlib.contextmanager
def memory_cgroup(limit):
    """The file that takes a process into a cgroup with this memory limit, and that with its greatest use; None if cgroups are not writable."""
    first = pathlib.Path("/sys/fs/cgroup/memory")
    is_first = first.is_dir()
    group = (first if is_first else pathlib.Path("/sys/fs/cgroup")) / f"fanion-image-{os.getpid()}"
    try:
        group.mkdir()
        (group / ("memory.limit_in_bytes" if is_first else "memory.max")).write_text(str(limit))
    except OSError as error:
        print("not run: the memory limit:", error)
        yield None, None
        return
    try:
        yield group / "cgroup.procs", group / ("memory.max_usage_in_bytes" if is_first else "memory.peak")
    finally:
        until(lambda: not (group / "cgroup.procs").read_text(), 10)
        group.rmdir()


@contextlib.contextmanager
def container(root, mounts, sources, options=(), cgroup=None):
    """A running container: its root is read-only, and it has the given mounts."""
    mounts = {"/etc/hosts": "/etc/hosts", **{inside: outside for outside, inside in mounts.items()}}
    words = [f"{outside}:{inside}" for inside, outside in mounts.items()]
    before = ["unshare", "--mount", "--propagation", "private", "sh", "-c", ENTER, "enter", str(root), *words, "--"]
    environment = {"CGROUP": str(cgroup or ""), "PATH": os.environ["PATH"]}
    sidecar = Sidecar("/usr/bin/fanion", sources=sources, options=options, before=before, environment=environment)
    try:
        yield sidecar
        seconds, code = sidecar.terminate()
        expect(code == 0 and seconds < 6, "SIGTERM ends the container with 0 within the grace period:", f"{seconds:.2f} s")
    finally:
        sidecar.stop()


def curl(*arguments):
    run = subprocess.run(["curl", "-sS", "--max-time", "10", *arguments], check=True, text=True, stdout=subprocess.PIPE)
    return run.stdout


def evaluate(url, *arguments):
    answer = json.loads(curl("-X", "POST", "-H", "Content-Type: application/json", "-d", json.dumps(REQUEST), *arguments, url + RESOLVE))
    return answer.get("value")


def check_health(sidecar):
    """The command of HEALTHCHECK, as the runtime runs it: in the namespaces of the container."""
    enter = ["nsenter", "--target", str(sidecar.pid), "--mount", "--root", "--setuid", "65532", "--setgid", "65532"]
    for port, code in ((sidecar.ports["management"], 0), (1, 1)):
        run = subprocess.run([*enter, "/usr/bin/fanion", "healthcheck", "-m", str(port)], text=True, stderr=subprocess.PIPE)
        expect(run.returncode == code, f"the health check ends with {code}:", run.stderr.strip())


def check_process(sidecar):
    status = pathlib.Path(f"/proc/{sidecar.pid}/status").read_text()
    expect(re.search(r"^Uid:\s+65532\s+65532\s+65532\s+65532$", status, re.M), "the process has the user 65532")
    mounts = pathlib.Path(f"/proc/{sidecar.pid}/mounts").read_text().splitlines()
    [options] = [line.split()[3] for line in mounts if line.split()[1] == "/"][-1:]
    expect("ro" in options.split(","), "the root is read-only")


def check_tcp(root, flags, load):
    """Evaluation, probes, an edit and load over TCP, with the memory limit of docs/kubernetes.md."""
    with memory_cgroup(MEMORY) as (cgroup, greatest), container(root, {flags: "/flags"}, ["file:/flags"], cgroup=cgroup) as sidecar:
        check_process(sidecar)
        url = f"http://127.0.0.1:{sidecar.ports['evaluation']}"
        expect(evaluate(url) is True, "curl over TCP")
        ofrep = curl("-X", "POST", "-d", "{}", f"http://127.0.0.1:{sidecar.ports['ofrep']}/ofrep/v1/evaluate/flags/flag-7")
        expect(json.loads(ofrep)["value"] is True, "OFREP")
        check_health(sidecar)
        with tempfile.NamedTemporaryFile("w", suffix=".json") as body:
            body.write(json.dumps(REQUEST))
            body.flush()
            run = subprocess.run(["h2load", "-D", str(load), "-c", "8", "-m", "16", "-d", body.name, "-H", "content-type: application/json", url + RESOLVE],
                                 check=True, text=True, stdout=subprocess.PIPE)
        calls = int(re.search(r"status codes: (\d+) 2xx, 0 3xx, 0 4xx, 0 5xx", run.stdout)[1])
        expect(calls > 0, f"{load} s of load, all answered:", f"{calls} calls")
        if greatest:
            expect(sidecar.process.poll() is None, "lives with 1,000 flags and a memory limit of 32 MiB:",
                   f"{int(greatest.read_text()) / MIB:.1f} MiB charged at most, {sidecar.resident():.1f} MiB resident")


def check_socket(root, flags, sockets):
    options = ["--socket-path", "/run/fanion/flags.sock"]
    with container(root, {flags: "/flags", sockets: "/run/fanion"}, ["file:/flags"], options):
        expect(evaluate("http://localhost", "--unix-socket", f"{sockets}/flags.sock") is True, "curl over a Unix socket in a volume")


def dns_answer(query, address):
    """The answer to a DNS query: an address for A, and nothing for other types."""
    question = query[12:]
    end = question.index(0) + 5
    is_a = question[end - 4:end - 2] == b"\0\1"
    record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + socket.inet_aton(address)
    return query[:2] + b"\x84\0\0\1" + (b"\0\1" if is_a else b"\0\0") + b"\0\0\0\0" + question[:end] + (record if is_a else b"")


def serve_dns(server, names):
    """Answers queries for the one name that exists, with 127.0.0.1. Other names do not exist."""
    while True:
        query, client = server.recvfrom(512)
        labels, rest = [], query[12:]
        while rest[0]:
            labels.append(rest[1:rest[0] + 1].decode())
            rest = rest[rest[0] + 1:]
        names.append(".".join(labels))
        exists = names[-1] == "flags.default.svc.cluster.local"
        answer = dns_answer(query, "127.0.0.1")
        server.sendto(answer if exists else query[:2] + b"\x84\x03\0\1\0\0\0\0\0\0" + query[12:12 + query[12:].index(0) + 5], client)


def check_names(root, folder, document):
    """Sources are found by the files and the DNS server that a pod gets."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(document.encode())

        def log_message(self, *_):
            pass

    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    dns, names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), []
    dns.bind(("127.0.0.99", 53))
    threading.Thread(target=serve_dns, args=(dns, names), daemon=True).start()
    hosts, resolv = folder / "hosts", folder / "resolv.conf"
    hosts.write_text("127.0.0.1 localhost\n127.0.0.1 in-the-hosts-file\n")
    resolv.write_text("nameserver 127.0.0.99\nsearch default.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n")
    mounts = {hosts: "/etc/hosts", resolv: "/etc/resolv.conf"}
    for name, where in (("in-the-hosts-file", "/etc/hosts"), ("flags", "DNS, through a search domain")):
        with container(root, mounts, [f"http://{name}:{web.server_port}/flags.json"]) as sidecar:
            expect(evaluate(f"http://127.0.0.1:{sidecar.ports['evaluation']}") is True, f"a source's host from {where}")
    expect("flags.default.svc.cluster.local" in names, "the search domain was used")
    web.shutdown()


def check_flagctl(root):
    run = subprocess.run(["chroot", "--userspec=65532:65532", str(root), "/usr/bin/flagctl", "--version"], check=True, text=True, stdout=subprocess.PIPE)
    expect(run.stdout.startswith("flagctl "), "flagctl runs:", run.stdout.strip())


def main():
    load = int(sys.argv[2])
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        document = boolean_flags(1000)
        flags, sockets = folder / "flags", folder / "sockets"
        flags.mkdir()
        (flags / "flags.json").write_text(document)
        sockets.mkdir()
        # As `fsGroup` or an emptyDir of Kubernetes.
        os.chown(sockets, 65532, 65532)
        with mounted("fanion") as (root, inspected):
            check_contents("fanion", root, inspected)
            health = inspected["Docker"]["config"]["Healthcheck"]["Test"]
            expect(health == ["CMD", "/usr/bin/fanion", "healthcheck"], "HEALTHCHECK without a shell", health)
            check_tcp(root, flags, load)
            check_socket(root, flags, sockets)
            check_names(root, folder, document)
        with mounted("flagctl") as (root, inspected):
            check_contents("flagctl", root, inspected)
            check_flagctl(root)


main()
