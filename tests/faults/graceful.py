#!/usr/bin/env python3
"""Counts failed evaluations of official providers while flags are reloaded, certificates are replaced and sidecars are drained.

usage: graceful.py PROGRAM [--reloads N] [--rotations N] [--drains N] [--languages go,java,node,python,rust]

PROGRAM is a fanion. The clients are the official providers of each language, by RPC (gRPC over HTTP/2) and in-process
(flag sync over HTTP/2), the official OFREP providers of Python and Node (HTTP/1.1), and Connect over HTTP/1.1 and HTTP/2
on connections that stay and on new ones. All evaluate in a loop; an error, a wrong variant and the caller's default are
failures. The exit code is 1 if there is one.

  reloads    edits a flag file N times, each as soon as an event has told the one before
  rotations  replaces the server's certificate N times, half of them certificate and key at once (a symbolic link, as in
             Kubernetes), half of them one file after the other; new connections must get the new one within 5 s
  drains     two sidecars behind a TCP load balancer; N times, one of them gets SIGTERM and is started again when it has ended

Needs what the suites of tests/conformance need.
"""
import argparse
import contextlib
import pathlib
import shutil
import socket
import struct
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
OFREP = ROOT / "faults" / "ofrep" / "prepare"
DRIVERS = ROOT / "conformance" / "drivers"
sys.path.insert(0, str(DRIVERS))

import prepared
from balancer import Balancer
from certificates import Authority
from clients import Http1, Http2, Provider, trusting
from daemon import Daemon, rewrite

MODES = {"rpc": "port", "in-process": "sync-port"}
OPTIONS = {"FLAGD_HOST": "localhost", "FLAGD_DEADLINE_MS": "10000", "FLAGD_RETRY_BACKOFF_MS": "100", "FLAGD_RETRY_BACKOFF_MAX_MS": "500"}
# The Rust provider (0.3.0) waits for ever after its thousandth flag document: it reports each one into a channel of 1,000
# that nobody reads, and holds the locks of its flags meanwhile. It is started again before that, with any server.
LIMITED, LIMIT = "rust in-process", 900
# Seconds until every client must see an edit, and every new connection a new certificate.
SEEN = 10


class Scenario:
    def __init__(self, program, commands, ofrep, folder, log):
        self.program, self.commands, self.ofrep, self.folder, self.log = program, commands, ofrep, pathlib.Path(folder), log
        self.ending, self.clients = contextlib.ExitStack(), []
        for name in ("flags.yaml", "other.yaml"):
            shutil.copyfile(DRIVERS / name, self.folder / name)

    def daemon(self, *arguments):
        sources = [f"--uri=file:{self.folder / name}" for name in ("flags.yaml", "other.yaml")]
        return self.ending.enter_context(Daemon(self.program, *sources, *arguments, log=self.log)).start()

    def client(self, make, *arguments, **more):
        client = make(*arguments, **more)
        self.ending.callback(client.stop)
        self.clients.append(client)
        return client

    def options(self, mode, ports, **more):
        port = str(ports[MODES[mode]])
        # Some providers use `FLAGD_PORT` for the sync port as well.
        return {**OPTIONS, "FLAGD_RESOLVER": mode, "FLAGD_PORT": port, **({"FLAGD_SYNC_PORT": port} if mode == "in-process" else {}), **more}

    def providers(self, ports, authority=None):
        for language, command in self.commands.items():
            for mode in MODES:
                self.client(Provider, f"{language} {mode}", command, self.options(mode, ports, **secure(authority)), self.log)
        for language, command in self.ofrep.items():
            address = f"{'https' if authority else 'http'}://localhost:{ports['ofrep-port']}"
            self.client(Provider, f"{language} OFREP", command, {"OFREP_URL": address, **secure(authority)}, self.log)

    def again(self, name, language, mode, ports):
        """Replaces a provider by a new one."""
        next(client for client in reversed(self.clients) if client.name == name).stop()
        self.client(Provider, name, self.commands[language], self.options(mode, ports), self.log)

    def converged(self, variant):
        """Waits until every client that is called in a loop has seen the last edit."""
        end = time.monotonic() + SEEN
        for client in self.clients:
            while not client.stopping.is_set() and (not client.last or client.last[1][1] != variant):
                if time.monotonic() > end:
                    client.failed(f"still {client.last and client.last[1][1]} {SEEN} s after the edit to {variant}")
                    break
                time.sleep(0.05)

    def report(self, what):
        """Prints what happened, and returns the number of failures."""
        self.ending.close()
        failed = sum(sum(client.failures.values()) for client in self.clients)
        print(f"{what}: {sum(client.count for client in self.clients)} evaluations, {failed} failed")
        for client in self.clients:
            print(f"  {client.name}: {client.count} evaluations, {sum(client.failures.values())} failed, longest round {client.longest * 1e3:.0f} ms")
            for text, count in client.failures.most_common(5):
                print(f"    {count} × {text}; {client.examples[:2]}")
        sys.stdout.flush()
        return failed


def secure(authority):
    """The options of clients that trust an authority: of flagd's providers, of Python's requests, of Node."""
    if authority is None:
        return {}
    return {"FLAGD_TLS": "true", **dict.fromkeys(("FLAGD_SERVER_CERT_PATH", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"), str(authority))}


class Events:
    """An event stream over Connect and HTTP/1.1."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.sendall(b"POST /flagd.evaluation.v1.Service/EventStream HTTP/1.1\r\nHost: x\r\nContent-Type: application/connect+json\r\n"
                            b"Connect-Protocol-Version: 1\r\nContent-Length: 7\r\n\r\n" + struct.pack(">BI", 0, 2) + b"{}")
        self.data = b""
        self.wait(b"provider_ready")

    def wait(self, text):
        while text not in self.data:
            chunk = self.socket.recv(65536)
            if not chunk:
                raise ConnectionError("the event stream ended")
            self.data += chunk
        self.data = self.data.split(text, 1)[1]


def reloads(scenario, count):
    daemon = scenario.daemon()
    scenario.providers(daemon.ports)
    scenario.client(Http1, "HTTP/1.1", daemon.ports["port"])
    scenario.client(Http1, "HTTP/1.1, new connections", daemon.ports["port"], new=True)
    scenario.client(Http2, "HTTP/2, new connections", daemon.ports["port"])
    events, begun, variants = Events(daemon.ports["port"]), time.monotonic(), ("old", "new")
    for i in range(count):
        before, after = variants[i % 2], variants[1 - i % 2]
        rewrite(scenario.folder / "flags.yaml", f"defaultVariant: {before} #", f"defaultVariant: {after} #")
        events.wait(b'"live.targeted"')
        if i % LIMIT == LIMIT - 1 and "rust" in scenario.commands:
            scenario.again(LIMITED, "rust", "in-process", daemon.ports)
    took = time.monotonic() - begun
    scenario.converged(variants[count % 2])
    return scenario.report(f"reloads: {count} in {took:.0f} s")


def rotations(scenario, count):
    authority = Authority(scenario.folder)
    daemon = scenario.daemon(*authority.options())
    scenario.providers(daemon.ports, authority.certificate)
    port = daemon.ports["port"]
    kept = scenario.client(Http1, "HTTP/1.1", port, trusting(authority.certificate))
    new = [scenario.client(Http1, "HTTP/1.1, new connections", port, trusting(authority.certificate), new=True),
           scenario.client(Http2, "HTTP/2, new connections", port, trusting(authority.certificate, "h2"))]
    delays = []
    for i in range(count):
        serial = authority.replace_files() if i % 2 else authority.replace_directory()
        begun = time.monotonic()
        for client in new:
            while client.serial != serial:
                if time.monotonic() > begun + SEEN:
                    client.failed(f"still certificate {client.serial} {SEEN} s after {serial}")
                    break
                time.sleep(0.01)
        delays.append(time.monotonic() - begun)
        # Providers keep their connections, so that some are started with each certificate.
        names = list(scenario.commands)
        if names and i % 10 == 9:
            name = names[i // 10 % len(names)]
            options = scenario.options("rpc", daemon.ports, **secure(authority.certificate))
            scenario.client(Provider, f"{name} rpc, started after {i + 1} rotations", scenario.commands[name], options, scenario.log)
    print(f"rotations: new connections had the new certificate after {sorted(delays)[len(delays) // 2]:.2f} s (median), {max(delays):.2f} s (longest); "
          f"{new[0].opened + new[1].opened} connections opened; the kept connection was opened {kept.opened} time(s)")
    return scenario.report(f"rotations: {count}")


def drains(scenario, count):
    daemons = [scenario.daemon() for _ in range(2)]
    balancer = Balancer(daemons, ("port", "sync-port", "ofrep-port"))
    scenario.providers(balancer.ports)
    port = balancer.ports["port"]
    for i in range(2):
        scenario.client(Http1, f"HTTP/1.1 ({i + 1})", port)
    scenario.client(Http1, "HTTP/1.1, new connections", port, new=True)
    scenario.client(Http2, "HTTP/2, new connections", port)
    ended, codes, variants = [], set(), ("old", "new")
    for i in range(count):
        # An edit before each drain: clients must get it from the daemon that they move to.
        rewrite(scenario.folder / "flags.yaml", f"defaultVariant: {variants[i % 2]} #", f"defaultVariant: {variants[1 - i % 2]} #")
        daemon, begun = daemons[i % 2], time.monotonic()
        codes.add(daemon.end())
        ended.append(time.monotonic() - begun)
        daemon.start()
        # The balancer must have seen it before the other one is drained.
        while not balancer.ready[daemon]:
            time.sleep(0.01)
    scenario.converged(variants[count % 2])
    print(f"drains: ended after {sorted(ended)[len(ended) // 2]:.2f} s (median), {max(ended):.2f} s (longest), exit codes {sorted(codes)}; "
          f"{balancer.refused} connections were refused by a daemon and went to the other one")
    return scenario.report(f"drains: {count}") + (codes != {0})


SCENARIOS = {"reloads": reloads, "rotations": rotations, "drains": drains}


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1][7:])
    parser.add_argument("program", type=lambda path: pathlib.Path(path).resolve())
    for name, count in (("reloads", 10_000), ("rotations", 100), ("drains", 100)):
        parser.add_argument(f"--{name}", type=int, default=count)
    parser.add_argument("--languages", default=",".join(prepared.LANGUAGES))
    options = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        missing = lambda language, what: print(f"{language} is not run: {what}")
        languages = options.languages.split(",")
        commands = prepared.commands(languages, scratch, missing)
        below = pathlib.Path(scratch, "ofrep")
        below.mkdir()
        ofrep = {language: prepared.command(language, below, OFREP) for language in ("node", "python") if language in languages}
        for name, run in SCENARIOS.items():
            if count := getattr(options, name):
                folder = pathlib.Path(scratch, f"scenario-{name}")
                folder.mkdir()
                with open(pathlib.Path(scratch, f"{name}.log"), "w") as log:
                    failed += run(Scenario(options.program, commands, ofrep, folder, log), count)
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
