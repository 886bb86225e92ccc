#!/usr/bin/env python3
"""Opens event streams through real proxies that buffer by default, and measures when changes arrive.

usage: tests/api/proxies.py DIRECTORY_OF_PROGRAMS
"""
import http.client, pathlib, subprocess, sys, tempfile, time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fleet"))
from control_plane import FLAG, ControlPlane, flags
from sidecar import free_port, until

EVENTS = "/fanion/v1/environments/default/events"
# Seconds within which a change must arrive. A proxy that buffers holds it back for much longer.
LIMIT = 2
CHANGES = 10

NGINX = """
daemon off; error_log stderr; pid {folder}/nginx.pid; worker_processes 1;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{control}; }} }}
}}
"""
HAPROXY = """
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen control
  bind 127.0.0.1:{port}
  server control 127.0.0.1:{control}
"""
PROXIES = {"nginx": ("/usr/sbin/nginx", NGINX, ["-c"]), "haproxy": ("/usr/sbin/haproxy", HAPROXY, ["-f"])}


def accepts(port):
    try:
        http.client.HTTPConnection("127.0.0.1", port, timeout=5).connect()
        return True
    except OSError:
        return False


class Stream:
    """An open event stream."""

    def __init__(self, port, token, last=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        headers = {"authorization": f"Bearer {token}"} | ({"last-event-id": last} if last else {})
        self.connection.request("GET", EVENTS, headers=headers)
        self.response = self.connection.getresponse()
        assert self.response.status == 200, self.response.status
        assert self.response.getheader("content-type") == "text/event-stream"

    def next_change(self):
        """The id of the next change."""
        event = {}
        while True:
            line = self.response.readline().decode().rstrip("\n")
            if not line:
                if event.get("event") == "change":
                    return event["id"]
                event = {}
                continue
            name, _, value = line.partition(": ")
            event[name] = value


def check(name, control):
    """Changes arrive at once, and a reconnection after some that were missed loses nothing."""
    program, text, option = PROXIES[name]
    port, token = free_port(), (control.data_dir / "bootstrap-token").read_text().strip()
    with tempfile.TemporaryDirectory() as folder:
        config = pathlib.Path(folder, "config")
        config.write_text(text.format(folder=folder, port=port, control=control.port))
        proxy = subprocess.Popen([program, *option, str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            assert until(lambda: accepts(port), 20, 0.01) is not None, f"{name} does not start"
            stream, delays, last = Stream(port, token), [], None
            for number in range(CHANGES):
                begun = time.monotonic()
                revision = control.api("POST", f"/flags/{FLAG}/set", {"percentage": number + 1, "reason": name})["revision"]
                last = stream.next_change()
                delays.append(time.monotonic() - begun)
                assert last == f"0.{revision}", (last, revision)
            assert max(delays) < LIMIT, (name, delays)
            stream.connection.close()
            revision = control.api("POST", f"/flags/{FLAG}/set", {"percentage": 50, "reason": name})["revision"]
            assert Stream(port, token, last).next_change() == f"0.{revision}"
            print(f"ok {name}: {CHANGES} changes within {max(delays) * 1000:.0f} ms, nothing lost by a reconnection")
        finally:
            proxy.terminate()
            proxy.wait()


def main():
    control = ControlPlane(sys.argv[1], flags(5))
    try:
        for name, (program, _, _) in PROXIES.items():
            if pathlib.Path(program).exists():
                check(name, control)
            else:
                print(f"not run: {name} is not installed")
    finally:
        control.process.kill()
        control.process.wait()


main()
