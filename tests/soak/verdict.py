"""The figures of a run, and the limits that they are compared with."""
from statistic import median, slope

HOUR, MIB = 3600, 1024
# Seconds of a run in which the slope of memory is measured well enough for the limit of long runs.
LONG = 7200
SLOPE, SHORT_SLOPE = 0.1, 12
# Descriptors come and go with connections; a leak of one per minute would be 60 in the second half of a long run.
DESCRIPTORS = 12
# Threads of the blocking pool, which come and go.
THREADS = 2
# The p99 of the second half, compared with the first half. The clients are less exact than the sidecar itself (`inside`).
GROWTH, SLACK = 1.5, 0.5
# The share of the time that a process may wait for a CPU in a quiet period, over all its threads.
BUSY = 0.1
# Kinds of calls with fewer calls than this in a period have no p99.
FEWEST = 100


def halves(rows):
    return rows[: len(rows) // 2], rows[len(rows) // 2 :]


def memory(samples, long):
    """MiB per hour, and half the width of the confidence interval: over the second half, or, because the interval
    shrinks with the time to the power of 1.5, over the last four fifths of a short run."""
    rows = samples[len(samples) // (2 if long else 5) :]
    return slope([(row["second"] / HOUR, row["rss"] / MIB) for row in rows])


def quiet(samples, calls):
    """The rows of periods in which the process hardly waited for a CPU that others had. Latencies of clients say
    nothing about the process in the other ones."""
    waited = {row["second"]: row["waited"] for row in samples}
    ends = sorted({row["second"] for row in calls})
    begins = [samples[0]["second"], *ends]
    calm = {end for begin, end in zip(begins, ends) if waited[end] - waited[begin] <= BUSY * (end - begin)}
    return [row for row in calls if row["second"] in calm]


def tail(calls, kind):
    """The median p99 of a kind of call in the first and in the second half; None if it is called too rarely."""
    rows = [row["p99_ms"] for row in calls if row["kind"] == kind and row["calls"] >= FEWEST]
    return [median(half) for half in halves(rows)] if len(rows) >= 4 else None


def judge(samples, calls, failures, ended):
    """Lines that describe the run, and the reasons why it failed."""
    seconds = samples[-1]["second"]
    long = seconds >= LONG * 0.99
    limit = SLOPE if long else SHORT_SLOPE
    lines, faults = [], [f"{count} × {reason}" for reason, count in sorted(failures.items())]
    rise, around = memory(samples, long)
    lines.append(f"slope of resident memory: {rise:+.3f} ± {around:.3f} MiB/h (limit {limit} MiB/h)")
    # In a short run, the sawtooth of allocation and release is several MiB/h.
    if (rise if long else rise - around) > limit:
        faults.append(f"resident memory grows by {rise:.3f} ± {around:.3f} MiB/h")
    for column, most in (("descriptors", DESCRIPTORS), ("threads", THREADS)):
        first, second = (median([row[column] for row in half]) for half in halves(samples))
        lines.append(f"{column}: median {first} in the first half, {second} in the second; most {max(row[column] for row in samples)}")
        if second > first + most:
            faults.append(f"{column} grow from {first} to {second}")
    calm = quiet(samples, calls)
    lines.append(f"periods in which the process waited for a CPU for at most {BUSY:.0%} of the time: "
                 f"{len({row['second'] for row in calm})} of {len({row['second'] for row in calls})}; p99 of clients is compared in these")
    for kind in sorted({row["kind"] for row in calls}):
        found = tail(calls if kind == "inside" else calm, kind)
        if not found or "lag" in kind:
            continue
        lines.append(f"p99 of {kind}: {found[0]:.3f} ms in the first half, {found[1]:.3f} ms in the second (medians)")
        # A short run has too few periods for a comparison on a machine with other work.
        if long and found[1] > found[0] * GROWTH + (0 if kind == "inside" else SLACK):
            faults.append(f"p99 of {kind} grows from {found[0]:.3f} to {found[1]:.3f} ms")
    if ended != 0:
        faults.append(f"exit code {ended}")
    return lines, faults
