"""The files of a run, written while it runs, so that report.py can judge a run that was interrupted."""
import csv
import json

from statistic import percentile


class Output:
    def __init__(self, directory):
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.samples, self.calls, self.failures = (open(directory / name, "w", buffering=1) for name in ("samples.csv", "calls.csv", "failures.txt"))
        self.rows = None
        csv.writer(self.calls).writerow(["second", "kind", "calls", "p50_ms", "p99_ms", "max_ms"])

    def sample(self, row):
        if self.rows is None:
            self.rows = csv.DictWriter(self.samples, row)
            self.rows.writeheader()
        self.rows.writerow(row)

    def period(self, second, calls, evaluation):
        """The calls of a period, a list of latencies for each kind, and what the sidecar measured."""
        csv.writer(self.calls).writerow([second, "inside", *(round(each, 5) for each in evaluation), ""])
        for kind, values in sorted(calls.items()):
            figures = [round(each, 3) for each in (percentile(values, 0.5), percentile(values, 0.99), max(values))]
            csv.writer(self.calls).writerow([second, kind, len(values), *figures])

    def example(self, text):
        print(text, file=self.failures)

    def result(self, **words):
        """What the tables do not say: failures by reason, the exit code, the number of edits."""
        (self.directory / "result.json").write_text(json.dumps(words, indent=1, ensure_ascii=False) + "\n")
