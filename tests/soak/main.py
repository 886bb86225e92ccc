"""Edits a flag every second, calls with a mixed load, samples the process, and judges at the end."""
import argparse
import collections
import multiprocessing
import pathlib
import queue
import sys
import tempfile
import time

import calls
import others
import process
from clock import Clock
from daemon import Daemon
from flags import FILES, Documents
from inside import Inside
from output import Output
from report import report
from statistic import percentile

# Seconds for connections and caches before the first sample.
WARM_UP = 5
# Milliseconds until an edit must be seen.
LATE = 10_000


class Soak:
    def __init__(self, options, folder):
        self.options, self.folder = options, pathlib.Path(folder)
        self.output = Output(options.output)
        self.clock, self.documents, self.generation, self.postponed = Clock(), Documents(), 0, 0
        self.queue, self.ending = multiprocessing.Queue(), multiprocessing.Event()
        self.inside, self.period, self.failures = None, collections.defaultdict(list), collections.Counter()
        # At most 120 periods, and no period with too few calls for a p99.
        self.length = max(10, options.seconds // 120)
        self.paths = [self.folder / f"flags-{number}.yaml" for number in range(FILES)]
        for number, path in enumerate(self.paths):
            path.write_text(self.documents.file(number))

    def run(self):
        sources = [f"--uri=file:{path}" for path in self.paths]
        with open(self.output.directory / "fanion.log", "w") as log, Daemon(self.options.program, "--log-format=json", *sources, log=log) as daemon:
            daemon.start()
            self.inside = Inside(daemon.ports["management-port"])
            clients = [multiprocessing.Process(target=each.process, args=(daemon.ports, self.clock, self.queue, self.ending), daemon=True) for each in (calls, others)]
            for client in clients:
                client.start()
            self.watch(daemon, clients)
            self.ending.set()
            for client in clients:
                # A process does not end before its queue is read.
                while client.is_alive():
                    self.collect()
                    client.join(0.1)
            self.collect()
            ended = daemon.end()
        self.output.result(failures=dict(self.failures), ended=ended, postponed=self.postponed)
        return report(self.output.directory)

    def watch(self, daemon, clients):
        begun = time.monotonic() + WARM_UP
        for second in range(-WARM_UP, self.options.seconds + 1):
            time.sleep(max(0, begun + second - time.monotonic()))
            if daemon.process.poll() is not None:
                self.failures["the sidecar ended"] += 1
                return
            if not all(client.is_alive() for client in clients):
                self.failures["a client process ended"] += 1
                return
            latest = self.collect()
            self.edit()
            if second >= 0:
                self.sample(second, daemon.process.pid, latest)

    def edit(self):
        """Edits the next flag if a client has seen the last edit: so every answer is of one of two generations, however
        busy the machine is."""
        if self.clock.seen.value < self.generation:
            self.postponed += 1
            if self.clock.lag(self.generation) > LATE:
                self.failures[f"an edit is not seen within {LATE / 1e3:.0f} s"] += 1
            return
        self.generation += 1
        number = self.documents.edit(self.generation)
        staged = self.paths[number].with_suffix(".staged")
        staged.write_text(self.documents.file(number))
        self.clock.rename(self.generation, staged, self.paths[number])

    def collect(self):
        """Takes what the clients have recorded, and returns the latencies."""
        latest = collections.defaultdict(list)
        while True:
            try:
                latencies, failures, examples = self.queue.get_nowait()
            except queue.Empty:
                return latest
            self.failures.update(failures)
            for text in examples:
                self.output.example(text)
            for kind, values in latencies.items():
                latest[kind] += values

    def sample(self, second, pid, latest):
        rss, pss, private = process.memory(pid)
        threads, cpu = process.cpu(pid)
        row = {"second": second, "rss": rss, "pss": pss, "private": private, "descriptors": process.descriptors(pid), "threads": threads,
               "cpu": round(cpu, 2), "waited": round(process.waited(pid), 3), "generation": self.generation, "failures": sum(self.failures.values())}
        for kind in ("grpc", "connect", "ofrep"):
            values = latest.get(kind) or [0]
            row |= {f"{kind}_p50_ms": percentile(values, 0.5), f"{kind}_p99_ms": percentile(values, 0.99)}
        self.output.sample(row)
        for kind, values in latest.items():
            self.period[kind] += values
        if second and second % self.length == 0:
            self.output.period(second, self.period, self.inside.since())
            self.period = collections.defaultdict(list)


def main():
    parser = argparse.ArgumentParser(description=__doc__, prog="tests/soak/run")
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("seconds", type=int)
    parser.add_argument("output", type=pathlib.Path)
    options = parser.parse_args()
    options.program = options.program.resolve()
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(not Soak(options, folder).run())


main()
