"""A certificate authority, and server certificates that replace each other."""
import os
import subprocess


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Authority:
    """Certificates in `live/`, which is a symbolic link to the newest pair, as Kubernetes mounts secrets."""

    def __init__(self, directory):
        self.directory, self.number = directory, 0
        self.certificate, self.key = directory / "ca.pem", directory / "ca.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 2, "-subj", "/CN=authority",
                "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign", "-keyout", self.key, "-out", self.certificate)
        self.replace_directory()

    def options(self):
        return f"--server-cert-path={self.directory}/live/cert.pem", f"--server-key-path={self.directory}/live/key.pem"

    def pair(self):
        """A new certificate and its key. Returns their directory, and the serial number as Python's ssl shows it."""
        self.number += 1
        folder = self.directory / f"pair-{self.number}"
        folder.mkdir()
        (folder / "extensions").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=critical,CA:FALSE\n")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost", "-keyout", folder / "key.pem", "-out", folder / "request.pem")
        openssl("x509", "-req", "-in", folder / "request.pem", "-CA", self.certificate, "-CAkey", self.key, "-set_serial", 4096 + self.number, "-days", 2,
                "-extfile", folder / "extensions", "-out", folder / "cert.pem")
        return folder, f"{4096 + self.number:X}"

    def replace_directory(self):
        """Replaces certificate and key at once."""
        folder, serial = self.pair()
        staged = self.directory / "staged"
        os.symlink(folder.name, staged)
        os.replace(staged, self.directory / "live")
        return serial

    def replace_files(self):
        """Replaces the certificate, then the key: in between, they do not belong together."""
        folder, serial = self.pair()
        for name in ("cert.pem", "key.pem"):
            os.replace(folder / name, self.directory / "live" / name)
        return serial
