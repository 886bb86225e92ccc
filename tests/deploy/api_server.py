"""A real API server of Kubernetes with its etcd, on loopback."""
import json, os, pathlib, secrets, subprocess, tempfile
from sidecar import free_port, until


class ApiServer:
    """An API server with the admission plugins and the authorization that clusters have by default."""

    def __init__(self, tools):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        self.processes = []
        client, peer, self.port = free_port(), free_port(), free_port()
        token = secrets.token_hex(16)
        (self.path / "tokens.csv").write_text(f"{token},admin,admin,system:masters\n")
        subprocess.run(["openssl", "genrsa", "-out", self.path / "key.pem", "2048"], check=True, stderr=subprocess.DEVNULL)
        etcd = f"http://127.0.0.1:{client}"
        self.start("etcd", "--data-dir", self.path / "etcd", "--listen-client-urls", etcd, "--advertise-client-urls", etcd,
                   "--listen-peer-urls", f"http://127.0.0.1:{peer}", "--log-level", "error")
        self.start(tools / "kube-apiserver", "--etcd-servers", etcd, "--secure-port", self.port, "--bind-address", "127.0.0.1",
                   "--cert-dir", self.path / "certificates", "--token-auth-file", self.path / "tokens.csv", "--authorization-mode", "RBAC",
                   "--service-account-issuer", "https://kubernetes.default.svc", "--service-account-key-file", self.path / "key.pem",
                   "--service-account-signing-key-file", self.path / "key.pem", "--service-cluster-ip-range", "10.0.0.0/24")
        config = self.write_config(token, "config")
        self.environment = {**os.environ, "KUBECONFIG": str(config), "HOME": self.folder.name}
        ready = until(lambda: self.kubectl("get", "--raw", "/readyz", check=False).returncode == 0, 120, 0.5)
        assert ready is not None, (self.path / "log").read_text()[-2000:]

    def start(self, *command):
        log = open(self.path / "log", "a")
        self.processes.append(subprocess.Popen([str(word) for word in command], stdout=log, stderr=log))

    def write_config(self, token, name):
        """The configuration of a client. The namespace is the default of manifests that name none."""
        cluster = {"server": f"https://127.0.0.1:{self.port}", "certificate-authority": str(self.path / "certificates/apiserver.crt")}
        config = {"apiVersion": "v1", "kind": "Config", "current-context": "it", "clusters": [{"name": "it", "cluster": cluster}],
                  "users": [{"name": "it", "user": {"token": token}}],
                  "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it", "namespace": "shop"}}]}
        (self.path / name).write_text(json.dumps(config))
        return self.path / name

    def kubectl(self, *arguments, check=True, text=None):
        run = subprocess.run(["kubectl", *arguments], input=text, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=self.environment)
        assert not check or run.returncode == 0, run.stdout
        return run

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
            process.wait()
        self.folder.cleanup()
