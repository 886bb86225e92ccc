"""The working directory of the daemon: the program as `flagd`, configurations and certificates."""

import json
import pathlib
import subprocess


class Directory:
    """The configuration `socket`, which the testbed does not have, listens on `evaluation.sock` and `sync.sock`."""

    def __init__(self, path, testbed, daemon, more):
        self.path = path
        (path / "flagd").symlink_to(daemon)
        (path / "configs").mkdir()
        (path / "ssl").mkdir()
        certificates(path / "ssl")
        for file in (testbed / "configs").glob("*.json"):
            # The testbed's container has its certificates in /ssl.
            config = json.loads(file.read_text().replace('"/ssl/', f'"{path}/ssl/'))
            self._write(file.stem, config | more)
            if file.stem == "default":
                sockets = {"socket-path": str(path / "evaluation.sock"), "sync-socket-path": str(path / "sync.sock")}
                self._write("socket", config | more | sockets)

    def _write(self, name, config):
        (self.path / "configs" / f"{name}.json").write_text(json.dumps(config))


def certificates(directory):
    """A certificate authority, and a certificate for localhost."""
    directory = pathlib.Path(directory)
    extensions = directory / "extensions"
    extensions.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n")
    key = ["-newkey", "rsa:2048", "-nodes"]
    openssl(directory, "req", "-x509", *key, "-keyout", "custom-ca.key", "-out", "custom-root-cert.crt", "-days", "2", "-subj", "/CN=conformance")
    openssl(directory, "req", *key, "-keyout", "server-key.pem", "-out", "server.csr", "-subj", "/CN=localhost")
    authority = ["-CA", "custom-root-cert.crt", "-CAkey", "custom-ca.key", "-CAcreateserial"]
    openssl(directory, "x509", "-req", "-in", "server.csr", *authority, "-out", "server-cert.pem", "-days", "2", "-extfile", extensions.name)


def openssl(directory, *arguments):
    subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)
