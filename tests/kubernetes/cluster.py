"""A Kubernetes API server for custom resources: k8s.io/apiextensions-apiserver with etcd, both started here."""
import http.client, json, os, pathlib, shutil, signal, ssl, subprocess, tempfile, time
from core_api import ADMIN, SERVICE_ACCOUNT, CoreApi
from sidecar import free_port

VERSION = "v0.37.2"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache", "fanion-kubernetes")
GROUP, FLAG = "core.openfeature.dev", "flags"
CRD = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
FLAGS = f"/apis/{GROUP}/v1beta1/namespaces/default/featureflags"
# Decisions of the core API are kept for one second only, so that a changed role counts soon.
TTL = [f"--{name}=1s" for name in ("authentication-token-webhook-cache-ttl", "authorization-webhook-cache-authorized-ttl", "authorization-webhook-cache-unauthorized-ttl")]
# These plugins need resources of a full cluster.
PLUGINS = "NamespaceLifecycle,MutatingAdmissionWebhook,ValidatingAdmissionWebhook,ValidatingAdmissionPolicy,MutatingAdmissionPolicy"


def api_server_path():
    return CACHE / VERSION / "apiextensions-apiserver"


def api_server():
    """The program, built once by `go install`."""
    path = api_server_path()
    if not path.exists():
        print(f"building {path}, which takes some minutes", flush=True)
        environment = {**os.environ, "GOBIN": str(path.parent), "GOFLAGS": "-mod=mod"}
        subprocess.run(["go", "install", f"k8s.io/apiextensions-apiserver@{VERSION}"], env=environment, check=True)
    return path


def etcd():
    """The program of the system, or else of Debian's package, which is unpacked and not installed."""
    if found := shutil.which("etcd"):
        return found
    path = CACHE / "etcd" / "usr" / "bin" / "etcd"
    if not path.exists():
        path.parents[2].mkdir(parents=True, exist_ok=True)
        download = ["apt-get", "download", "etcd-server"]
        if subprocess.run(download, cwd=CACHE).returncode:
            # The lists of packages are missing or old.
            subprocess.run(["apt-get", "update"], check=True)
            subprocess.run(download, cwd=CACHE, check=True)
        subprocess.run(["dpkg", "-x", str(next(CACHE.glob("etcd-server_*.deb"))), str(path.parents[2])], check=True)
    return path


def definition(*versions):
    """A CustomResourceDefinition of FeatureFlag with these versions; unknown members of flags are pruned, as by the operator's."""
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    flag = {"type": "object", "properties": {"state": {"type": "string"}, "defaultVariant": {"type": "string"}, "variants": anything, "targeting": anything}}
    flags = {"type": "object", "additionalProperties": flag}
    spec = {"type": "object", "properties": {"flagSpec": {"type": "object", "required": ["flags"], "properties": {"flags": flags, "$evaluators": anything}}}}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": f"featureflags.{GROUP}"},
            "spec": {"group": GROUP, "scope": "Namespaced", "names": {"plural": "featureflags", "singular": "featureflag", "kind": "FeatureFlag", "listKind": "FeatureFlagList"},
                     "versions": [{"name": name, "served": True, "storage": at == 0, "schema": schema} for at, name in enumerate(versions)]}}


def feature_flag(document, name=FLAG):
    return {"apiVersion": f"{GROUP}/v1beta1", "kind": "FeatureFlag", "metadata": {"name": name}, "spec": {"flagSpec": json.loads(document)}}


class Cluster:
    """A running API server. `directory` has what a pod finds in the directory of its service account."""

    def __init__(self):
        self.core = CoreApi(FLAG)
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        os.chmod(self.path, 0o755)
        self.port, self.etcd_port = free_port(), free_port()
        self.processes, self.connection = {}, None
        self.core_config = self.path / "core"
        self.core_config.write_text(self.kubeconfig_text(f"http://127.0.0.1:{self.core.port}", "", ""))
        peer = f"http://127.0.0.1:{free_port()}"
        client = f"http://127.0.0.1:{self.etcd_port}"
        self.start("etcd", [etcd(), "--data-dir", self.path / "etcd", "--listen-client-urls", client, "--advertise-client-urls", client,
                            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}"])
        try:
            self.start_server()
        except BaseException:
            self.stop()
            raise
        self.directory = self.path / "serviceaccount"
        self.directory.mkdir()
        shutil.copyfile(self.path / "certs" / "apiserver.crt", self.directory / "ca.crt")
        self.set_token("token-1")

    def start(self, name, command):
        log = open(self.path / f"{name}.log", "ab")
        self.processes[name] = subprocess.Popen([str(word) for word in command], stdout=log, stderr=log)

    def start_server(self):
        config = [f"--{name}={self.core_config}" for name in ("kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig")]
        self.start("server", [api_server(), *config, *TTL, "--authentication-skip-lookup", f"--etcd-servers=http://127.0.0.1:{self.etcd_port}", "--bind-address=127.0.0.1",
                              f"--secure-port={self.port}", f"--cert-dir={self.path / 'certs'}", f"--disable-admission-plugins={PLUGINS}", "--enable-priority-and-fairness=false"])
        self.wait(lambda: self.request("GET", "/readyz")[0] == 200, 60)

    def wait(self, condition, most):
        """Waits for a condition; refused connections count as false."""
        begun = time.monotonic()
        while time.monotonic() - begun < most:
            try:
                if condition():
                    return
            except (OSError, http.client.HTTPException):
                self.connection = None
            time.sleep(0.05)
        raise RuntimeError((self.path / "server.log").read_text()[-3000:])

    def request(self, method, path, value=None, kind="application/json"):
        """The status and the body of a request of the administrator. A connection that the server has closed is made anew."""
        body = json.dumps(value) if value is not None else None
        headers = {"Authorization": f"Bearer {ADMIN}", "Content-Type": kind, "Accept": "application/json"}
        if self.connection is not None:
            try:
                return self.exchange(method, path, body, headers)
            except (OSError, http.client.HTTPException):
                pass
        trust = ssl.create_default_context(cafile=str(self.path / "certs" / "apiserver.crt"))
        self.connection = http.client.HTTPSConnection("localhost", self.port, context=trust, timeout=30)
        return self.exchange(method, path, body, headers)

    def exchange(self, *request):
        self.connection.request(*request)
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def must(self, method, path, value=None, kind="application/json"):
        """A request that must succeed. Returns the resource."""
        status, body = self.request(method, path, value, kind)
        assert status < 300, (method, path, status, body)
        return json.loads(body)

    def define(self, *versions):
        """Installs the definition of FeatureFlag, and waits until it is served."""
        self.must("POST", CRD, definition(*versions))
        path = FLAGS.replace("v1beta1", versions[0])
        self.wait(lambda: self.request("GET", path)[0] == 200, 30)

    def undefine(self):
        self.must("DELETE", f"{CRD}/featureflags.{GROUP}")
        self.wait(lambda: self.request("GET", f"{CRD}/featureflags.{GROUP}")[0] == 404, 30)

    def create(self, document, name=FLAG):
        return self.must("POST", FLAGS, feature_flag(document, name))

    def change(self, document):
        """Replaces the flags, as `kubectl apply` does."""
        return self.must("PATCH", f"{FLAGS}/{FLAG}", {"spec": {"flagSpec": json.loads(document)}}, "application/merge-patch+json")

    def delete(self):
        return self.must("DELETE", f"{FLAGS}/{FLAG}")

    def compact(self):
        """Removes all versions but the last from etcd, as its owner does every five minutes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.etcd_port, timeout=10)
        def call(name, value):
            connection.request("POST", f"/v3/kv/{name}", json.dumps(value))
            return json.loads(connection.getresponse().read())
        revision = call("range", {"key": "AA=="})["header"]["revision"]
        call("compaction", {"revision": revision, "physical": True})

    def set_token(self, token):
        """Replaces the token of the service account; the one before is no longer accepted."""
        self.core.tokens = {ADMIN: ADMIN, token: SERVICE_ACCOUNT}
        self.write_token(token)

    def write_token(self, token):
        new = self.directory / "token~"
        new.write_text(token + "\n")
        new.rename(self.directory / "token")

    def kubeconfig_text(self, server, cluster, user):
        return f"apiVersion: v1\nkind: Config\ncurrent-context: a\ncontexts: [{{name: a, context: {{cluster: b, user: c}}}}]\n" \
               f"clusters: [{{name: b, cluster: {{server: '{server}'{cluster}}}}}]\nusers: [{{name: c, user: {{{user}}}}}]\n"

    def kubeconfig(self, server=None):
        """The path of a kubeconfig for the service account. Without `server` the connection is that to the API server."""
        trust = "" if server else f", certificate-authority: '{self.directory / 'ca.crt'}'"
        path = self.path / f"kubeconfig-{'proxy' if server else 'direct'}"
        path.write_text(self.kubeconfig_text(server or f"https://localhost:{self.port}", trust, f"tokenFile: '{self.directory / 'token'}'"))
        return str(path)

    def kill_server(self):
        self.processes["server"].send_signal(signal.SIGKILL)
        self.processes["server"].wait()
        self.connection = None

    def stop(self):
        for process in self.processes.values():
            process.kill()
            process.wait()
        self.core.stop()
        self.folder.cleanup()
