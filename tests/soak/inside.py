"""The time of evaluations as the sidecar measures it, without clients and sockets: the histogram of /metrics."""
import math
import re
import urllib.request

LINE = re.compile(r'fanion_evaluation_duration_seconds_bucket\{(?=[^}]*kind="single")[^}]*le="([^"]+)"[^}]*\} (\d+)')


class Inside:
    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}/metrics"
        self.before = self.scrape()

    def scrape(self):
        """Cumulative counts by upper bound in milliseconds."""
        with urllib.request.urlopen(self.url, timeout=10) as answer:
            found = LINE.findall(answer.read().decode())
        return {math.inf if bound == "+Inf" else float(bound) * 1e3: int(count) for bound, count in found}

    def since(self):
        """Count, p50 and p99 since the last call, interpolated within a bucket."""
        now, before = self.scrape(), self.before
        self.before = now
        counts = [(bound, now[bound] - before.get(bound, 0)) for bound in sorted(now)]
        total = counts[-1][1]
        return total, *(percentile(counts, total * share) for share in (0.5, 0.99))


def percentile(counts, rank):
    below, reached = 0, 0
    for bound, count in counts:
        if count >= rank and count > reached:
            if bound == math.inf:
                return below
            return below + (bound - below) * (rank - reached) / (count - reached)
        below, reached = bound, count
    return below
