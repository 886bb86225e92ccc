"""Server processes under test, and their CPU time."""
import atexit, os, pathlib, shlex, socket, subprocess, time

TICK = os.sysconf("SC_CLK_TCK")


class Server:
    """A process that listens on the ports `{port}`, `{ofrep}` and `{management}` of its command."""

    def __init__(self, name, command, directory, wait=True):
        self.name = name
        self.ports = {port: free_port() for port in ("port", "ofrep", "management") if f"{{{port}}}" in command}
        self.log = pathlib.Path(directory, f"{name}.log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(shlex.split(command.format(**self.ports)), stdout=log, stderr=log)
        # Stop the server even if the run fails.
        atexit.register(self.stop)
        for port in self.ports.values() if wait else ():
            self.wait(port)

    def wait(self, port):
        while True:
            self.check()
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=5).close()
            except ConnectionRefusedError:
                time.sleep(0.01)

    def check(self):
        """Exits with the server's log if the server has ended."""
        code = self.process.poll()
        if code is not None:
            raise SystemExit(f"{self.name} ended with {code}: {self.log.read_text(errors='replace')[-2000:]}")

    def cpu(self):
        """CPU time so far in seconds, user and system."""
        self.check()
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]
