"""Emulators of object stores: installs them, starts them, and writes objects to them."""
import base64, datetime, hashlib, hmac, os, pathlib, subprocess, sys, tempfile, urllib.error, urllib.parse, urllib.request

from sidecar import free_port, until

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "fanion-object-store"
MOTO = "moto[server]==5.2.5"
AZURITE = "azurite@3.35.0"
GOFAKES3 = "github.com/johannesboyne/gofakes3/cmd/gofakes3@v1.2.0"
FAKE_GCS = "github.com/fsouza/fake-gcs-server@v1.56.1"
BUCKET, KEY = "flags-bucket", "team/flags.json"
# The account of Azurite, which is public.
ACCOUNT = "devstoreaccount1"
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def run(*command, **environment):
    subprocess.run(command, check=True, stdout=sys.stderr, env={**os.environ, **environment})


def moto():
    """The program `moto_server`, installed if it is missing."""
    program = CACHE / "python" / "bin" / "moto_server"
    if not program.exists():
        run(sys.executable, "-m", "venv", CACHE / "python")
        run(CACHE / "python" / "bin" / "pip", "install", "--quiet", MOTO)
    return program


def azurite():
    program = CACHE / "node" / "node_modules" / ".bin" / "azurite-blob"
    if not program.exists():
        run("npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", CACHE / "node", AZURITE)
    return program


def go_program(name, package):
    program = CACHE / "bin" / name
    if not program.exists():
        run("go", "install", package, GOBIN=str(CACHE / "bin"))
    return program


def gofakes3():
    return go_program("gofakes3", GOFAKES3)


def fake_gcs():
    return go_program("fake-gcs-server", FAKE_GCS)


class Emulator:
    """A running emulator with an empty bucket. The subclasses say how to start it and how to write to it."""

    def __init__(self, public=None):
        self.folder = tempfile.TemporaryDirectory()
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.log = open(pathlib.Path(self.folder.name, "log"), "w+b")
        command, environment = self.command(public or self.address)
        self.process = subprocess.Popen([str(word) for word in command], stdout=self.log, stderr=self.log, env={**os.environ, **environment})
        assert until(lambda: self.responds() or self.process.poll() is not None, 60, 0.1) and self.process.poll() is None, self.tail()

    def responds(self):
        try:
            urllib.request.urlopen(f"http://{self.address}/", timeout=5).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    def tail(self):
        self.log.seek(0)
        return self.log.read()[-2000:].decode(errors="replace")

    def send(self, method, path, body=b"", headers=None):
        request = urllib.request.Request(f"http://{self.address}{path}", body, headers or {}, method=method)
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.read()

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.log.close()
        self.folder.cleanup()


def scope(service):
    """The header by which moto finds the service; it does not check the signature unless it is told to."""
    return f"AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"


class S3(Emulator):
    """moto. Without authorization of its own unless `protect` is called."""
    environment = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}

    def command(self, _):
        return [moto(), "-H", "127.0.0.1", "-p", self.port], {}

    def uri(self, address):
        return f"s3://{BUCKET}/{KEY}?region=us-east-1&endpoint=http://{address}"

    provider = "s3"

    def create(self):
        self.write("PUT", f"/{BUCKET}")

    def put(self, body):
        self.write("PUT", f"/{BUCKET}/{KEY}", body)

    def delete(self):
        self.write("DELETE", f"/{BUCKET}/{KEY}")
        self.write("DELETE", f"/{BUCKET}")

    def write(self, method, path, body=b""):
        self.send(method, path, body, {"Authorization": scope("s3"), "Content-Type": "application/octet-stream"})

    def iam(self, action, **parameters):
        """The response to a request of the API of users and keys."""
        query = urllib.parse.urlencode({"Action": action, "Version": "2010-05-08", **parameters}).encode()
        self.set_unchecked("inf")
        answer = self.send("POST", "/", query, {"Authorization": scope("iam"), "Content-Type": "application/x-www-form-urlencoded"})
        return answer.decode()

    def protect(self):
        """From now on until the next request to `iam`, requests need a key with a permission."""
        self.set_unchecked("0")

    def set_unchecked(self, count):
        """Sets the number of requests that are not checked."""
        self.send("POST", "/moto-api/reset-auth", count.encode(), {"Content-Type": "text/plain"})


class StrictS3(S3):
    """gofakes3, which refuses requests whose time is wrong by 15 minutes."""

    def command(self, _):
        return [gofakes3(), "-host", self.address, "-backend", "memory", "-quiet"], {}


class Gcs(Emulator):
    """fake-gcs-server."""
    provider = "gcs"

    def command(self, public):
        return [fake_gcs(), "-scheme", "http", "-host", "127.0.0.1", "-port", self.port, "-backend", "memory", "-public-host", public], {}

    def responds(self):
        try:
            return self.send("GET", "/storage/v1/b?project=p") is not None
        except OSError:
            return False

    def send(self, method, path, body=b"", headers=None):
        return super().send(method, path, body, {"Content-Type": "application/json", **(headers or {})})

    def uri(self, _):
        return f"gs://{BUCKET}/{KEY}"

    def create(self):
        self.send("POST", "/storage/v1/b?project=p", b'{"name": "%s"}' % BUCKET.encode())

    def put(self, body):
        self.send("POST", f"/upload/storage/v1/b/{BUCKET}/o?uploadType=media&name={urllib.parse.quote(KEY, safe='')}", body)

    def delete(self):
        self.send("DELETE", f"/storage/v1/b/{BUCKET}/o/{urllib.parse.quote(KEY, safe='')}")
        self.send("DELETE", f"/storage/v1/b/{BUCKET}")


class Azure(Emulator):
    """Azurite, which checks the signature of each request."""
    provider = "azblob"
    environment = {"AZURE_STORAGE_ACCOUNT": ACCOUNT, "AZURE_STORAGE_KEY": ACCOUNT_KEY}

    def command(self, _):
        return [azurite(), "--blobHost", "127.0.0.1", "--blobPort", self.port, "--location", self.folder.name, "--skipApiVersionCheck", "--silent"], {}

    def uri(self, address):
        return f"azblob://{BUCKET}/{KEY}?protocol=http&domain={address}"

    def create(self):
        self.signed("PUT", f"/{BUCKET}", {"restype": "container"})

    def put(self, body):
        self.signed("PUT", f"/{BUCKET}/{KEY}", {}, body, {"x-ms-blob-type": "BlockBlob"})

    def delete(self):
        self.signed("DELETE", f"/{BUCKET}", {"restype": "container"})

    def signed(self, method, path, query, body=b"", headers=None):
        """Sends a request with a signature by the key of the account."""
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%a, %d %b %Y %H:%M:%S GMT")
        headers = {"x-ms-date": now, "x-ms-version": "2023-11-03", **(headers or {})}
        path = f"/{ACCOUNT}{path}"
        fields = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
        resource = f"/{ACCOUNT}{path}" + "".join(f"\n{name}:{query[name]}" for name in sorted(query))
        text = f"{method}\n\n\n{len(body) or ''}\n\napplication/octet-stream\n\n\n\n\n\n\n{fields}{resource}"
        digest = hmac.new(base64.b64decode(ACCOUNT_KEY), text.encode(), hashlib.sha256).digest()
        headers["Authorization"] = f"SharedKey {ACCOUNT}:{base64.b64encode(digest).decode()}"
        headers["Content-Type"] = "application/octet-stream"
        suffix = "?" + urllib.parse.urlencode(query) if query else ""
        return self.send(method, path + suffix, body, headers)
