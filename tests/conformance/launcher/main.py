"""The testbed's launcher: an HTTP API on port 8080 that starts, kills and restarts a daemon, and changes its flags.

    python main.py DAEMON TESTBED DIRECTORY [--envoy PROGRAM] [--until-flags] [--with JSON]

The paths are those of providers' own end-to-end tests: /start?config=NAME, /stop, /restart?seconds=N (default 5) and
/change. DIRECTORY must be empty; the daemon runs in it, on flagd's default ports. With --envoy, an Envoy runs in front:
port 9211 routes to `rpc.service` and `sync.service` by authority, and port 9212 rejects all calls.
"""

import argparse
import contextlib
import http.server
import json
import pathlib
import signal
import socketserver
import subprocess
import sys
import urllib.parse

import daemon
import directory
import envoy
import flags

PORT = 8080
RESTART = 5


class Launcher(http.server.BaseHTTPRequestHandler):
    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        try:
            status, message = self.carry_out(url.path, query)
        except (RuntimeError, OSError, LookupError) as error:
            status, message = 500, f"{url.path} failed: {error}"
        except ValueError as error:
            status, message = 400, str(error)
        except Exception as error:
            # Without a response, the runner would only say that it got none.
            status, message = 500, f"{url.path} failed: {type(error).__name__}: {error}"
        self.respond(status, message)

    do_GET = do_POST = do_PUT = answer

    def carry_out(self, path, query):
        runs = self.server.runs
        if path == "/start":
            runs.start(query.get("config"))
            return 200, "flagd started successfully"
        if path == "/stop":
            runs.stop()
            return 200, "flagd stopped successfully"
        if path == "/restart":
            seconds = whole(query.get("seconds"))
            runs.restart(seconds)
            return 200, f"flagd will restart in {seconds} seconds"
        if path == "/change":
            return 200, f"Default variant successfully changed to '{runs.flags.change()}'"
        return 404, "unknown path: use /start, /stop, /restart or /change"

    def respond(self, status, message):
        body = json.dumps({"status": "success" if status == 200 else "error", "message": message}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


def whole(seconds):
    if not seconds:
        return RESTART
    if not seconds.isdecimal():
        raise ValueError("'seconds' must be a non-negative integer")
    return int(seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("daemon", "testbed", "directory"):
        parser.add_argument(name, type=pathlib.Path)
    parser.add_argument("--envoy", type=pathlib.Path)
    parser.add_argument("--until-flags", action="store_true", help="for a daemon that is ready before it has flags")
    parser.add_argument("--with", type=json.loads, default={}, dest="more", help="options to add to every configuration")
    given = parser.parse_args()
    place = directory.Directory(given.directory.resolve(), given.testbed, given.daemon.resolve(), given.more)
    runs = daemon.Daemon(place, flags.Flags(given.testbed / "flags", place.path), given.until_flags)
    # Exit normally, so that the started processes are stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with contextlib.ExitStack() as ending:
        ending.callback(runs.stop)
        if given.envoy:
            before = subprocess.Popen(envoy.command(given.envoy, place.path), stdout=runs.log, stderr=runs.log)
            ending.callback(before.kill)
        runs.start("default")
        server = Server(("", PORT), Launcher)
        server.runs = runs
        print(f"listening on {PORT}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
