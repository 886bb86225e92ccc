"""Writes docs/performance.md and its plots from the results of the benches. Run by tests/bench/report."""
import argparse, json, math, pathlib, platform, re, subprocess, textwrap

import plot

ROOT = pathlib.Path(__file__).resolve().parents[3]
AXES = {
    "context": ("attributes in the context, of which the flag reads two", "attributes"),
    "rule": ("comparisons in the rule", "comparisons"),
    "flags": ("flags", "flags"),
    "connections": ("connections, 16 streams each", "connections"),
    "streams": ("streams on each of 8 connections", "concurrent HTTP/2 streams on each connection"),
    "events": ("open event streams without events", "idle event streams"),
}

LOADED = [
    *((f"time from exec until ready, in ms: {n:,}", f"start ms, {n}", target) for n, target in ((1, 10), (1000, 20), (10_000, 80), (100_000, 900))),
    *((f"resident memory, in MiB: {n:,}", f"memory MiB, {n}", target) for n, target in ((1, 8), (1000, 10), (10_000, 24), (100_000, 160))),
    ("worst p99 during a reload of 10,000 flags, relative to the p99 without a reload", "ratio", 1.5),
    ("one flag of 10,000 changed, from the saved file to the new response, in ms", "edit ms, 10000", 30),
]


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in row) + " |" for row in lines)


def number(n):
    return f"{n:,.0f}" if n >= 1000 else f"{n:.0f}" if n >= 100 else f"{n:.1f}" if n >= 10 else f"{n:.2f}"


def machine():
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    cores = len(re.findall(r"^processor", pathlib.Path("/proc/cpuinfo").read_text(), re.M))
    memory = int(re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text()).group(1)) / 1024 / 1024
    return f"{cpu.group(1) if cpu else platform.machine()}, {cores} cores, {memory:.0f} GiB, Linux {platform.release()}"


def said(*command):
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.stdout.strip().splitlines()[0] if done.returncode == 0 and done.stdout.strip() else "unknown"


def commit():
    """The measured commit, with a note if the working tree has changes."""
    changed = subprocess.run(["git", "diff", "--quiet", "HEAD", "--", "src", "build.rs", "Cargo.toml", "Cargo.lock"], cwd=ROOT)
    return said("git", "rev-parse", "--short", "HEAD") + (" and changes" if changed.returncode else "")


def locked(lock, crate):
    found = re.search(rf'name = "{crate}"\nversion = "([^"]+)"', (ROOT / lock).read_text())
    return found.group(1) if found else "unknown"


def slope(points):
    """The cost of each additional unit in nanoseconds, from the first and the last point."""
    (x0, y0), (x1, y1) = points[0], points[-1]
    return (y1 - y0) / (x1 - x0) * 1000


def sentence(what, points):
    """The sentence below a plot."""
    (x0, y0), (x1, y1) = points[0], points[-1]
    span = f"{y0:.1f} µs with {x0:,} and {y1:.1f} µs with {x1:,} {AXES[what][1]}"
    return {
        "context": f"A call costs {span}: {slope(points):.0f} ns for each attribute that the flag does not read, most of it in "
                   "hyper, which receives the bytes.",
        "rule": f"A call costs {span}: {slope(points):.0f} ns for each comparison.",
        "flags": f"A call costs {span}: flags are found by binary search, and any increase is due to CPU cache misses.",
        "connections": f"A call costs {span}: with fewer calls per connection, fewer calls share each read, write and wakeup.",
        "streams": f"A call costs {span}: calls that arrive together on a connection share one read, one poll and one write.",
        "events": f"A call costs {span}: an idle event stream takes memory but no CPU time, except that the kernel's state of "
                  "each socket occupies CPU cache.",
    }[what]


def first_to_break(grown):
    """The axis along which the cost of a call grows most, and the first point at which it has doubled."""
    what, points = max(grown.items(), key=lambda pair: max(y for _, y in pair[1]) / min(y for _, y in pair[1]))
    least = min(y for _, y in points)
    doubled = next((x for x, y in points if y > 2 * least), None)
    if doubled is None:
        return "The cost of a call does not double on any of these axes."
    return f"The cost of a call grows most with the number of {AXES[what][1]}: at {doubled:,}, it has more than doubled."


def with_unit(name):
    """The name of a budget; a number of flags at its end gets the word."""
    return f"{name} flag{'' if name.endswith(' 1') else 's'}" if name[-1].isdigit() else name


def inside(lines):
    """The times by name of the case."""
    return {row["name"]: row for row in lines}


def budgets(found, times, load, streams):
    """The table of budgets: measured value, target, and `met` or `missed`."""
    rows = [(name, f"{measured:.2f}", f"{'≤' if less else '≥'} {target}", measured <= target if less else measured >= target)
            for name, measured, target, less in found["budgets"]]
    targets = [("decide/static", 5), ("decide/comparison", 15), ("decide/ring", 40), ("decide/semver", 60), ("decide/among", 25),
               ("wire/proto/ring", 150), ("wire/json/ring", 600), ("wire/proto/context-1000", 4000)]
    for name, target in targets:
        best = times[name]["best"]
        rows.append((f"`{name}`, in ns", number(best), f"≤ {target:,}", best <= target))
    loaded = load["medians"]["fanion"]
    rows += [(with_unit(name), number(loaded[row]), f"≤ {target}", loaded[row] <= target)
             for name, row, target in LOADED if row in loaded]
    each, _, last, _ = next(f for name, f in streams["medians"].items() if name.startswith("fanion") and name.endswith("events"))
    rows += [("memory of an open event stream, in KiB", number(each), "≤ 16", each <= 16),
             ("from an edit to the event on the last open stream, in ms", number(last), "≤ 150", last <= 150)]
    size = (ROOT / "target/dist/fanion").stat().st_size / 1024 / 1024
    rows.append(("binary, stripped, in MiB", number(size), "≤ 12", size <= 12))
    return table(["budget", "measured", "target", ""], [(a, b, c, "met" if met else "missed") for a, b, c, met in rows])


def lone(in_flight):
    """A table for each number of calls in flight."""
    parts = []
    for count, by_name in in_flight.items():
        rows = [(name, number(f["cpu"]), f"{f['switches']:.2f}", number(f["mean"]), number(f["p50"]), number(f["p99"]))
                for name, f in by_name.items()]
        title = "One call in flight:" if count == "1" else f"{count} calls in flight, each on its own connection:"
        parts.append(title + "\n\n" + table(["server", "CPU µs per call", "context switches per call", "mean µs", "median µs", "p99 µs"], rows))
    return "\n\n".join(parts)


def above_echo(in_flight):
    """The sentence about the cost of a call beyond that of the echo server, with one call in flight."""
    one = in_flight["1"]
    left = lambda name, echo, figure: f"{one[name][figure] - one[echo][figure]:.1f}"
    return textwrap.fill(
        f"Compared with the echo server, a gRPC call takes an additional {left('fanion, gRPC', 'echo of gRPC', 'cpu')} µs of CPU and "
        f"{left('fanion, gRPC', 'echo of gRPC', 'p50')} µs of median latency; over a Unix socket, it takes an additional "
        f"{left('fanion, gRPC, Unix socket', 'echo of gRPC, Unix socket', 'cpu')} and "
        f"{left('fanion, gRPC, Unix socket', 'echo of gRPC, Unix socket', 'p50')} µs. A Connect JSON call takes an additional "
        f"{left('fanion, Connect JSON', 'echo of Connect JSON', 'cpu')} and {left('fanion, Connect JSON', 'echo of Connect JSON', 'p50')} µs. "
        "Each of these calls makes the same system calls: one `epoll_wait`, one `recvfrom` and one `sendto` or `writev`.", 120)


def first(found):
    return table(["server", "from exec to the first response, ms", "start of a provider, ms"],
                 [(name, number(f["start"]), number(f["provider"])) for name, f in found.items()])


def throttled(found):
    return table(["server", "p50 ms", "p99 ms", "CPU µs per call", "threads"],
                 [(name, number(f["p50"] / 1000), number(f["p99"] / 1000), number(f["cpu"]), f"{f['threads']:.0f}") for name, f in found.items()])


def served(figures):
    return table(["server", "CPU µs per call", "calls/s", "p99 µs"],
                 [(name, number(f["cpu"]), number(f["rate"]), number(f["p99"]) if "p99" in f else "") for name, f in figures.items()])


def engines(found, times):
    ours = {"comparison": "decide/comparison", "ring": "decide/ring", "semver": "decide/semver", "among": "decide/among"}
    names = sorted({engine for row in found.values() for engine in row})
    rows = []
    for rule, row in found.items():
        cells = [number(row[name]) if name in row else "–" for name in names]
        rows.append((rule, number(times[ours[rule]]["best"]), *cells))
    return table(["rule", "fanion, decide", *names], rows)


def counted(counts):
    return table(["case", "instructions"], [(f"`{name}`", f"{n:,.0f}") for name, n in counts["instructions"].items()])


def loading(load):
    names = list(load["medians"])
    rows = [(row, *(number(load["medians"][name].get(row, math.nan)) for name in names)) for row in load["medians"][names[0]]]
    return table(["", *names], rows)


def listening(streams):
    return table(["", "KiB each", "first notified, ms", "last notified, ms", "total MiB afterwards"],
                 [(name, *map(number, figures)) for name, figures in streams["medians"].items()])


def write(results, out):
    found = json.loads((results / "serve.json").read_text())
    load = json.loads((results / "load.json").read_text())
    streams = json.loads((results / "streams.json").read_text())
    times = inside(map(json.loads, (results / "inside.jsonl").read_text().splitlines()))
    plots = out / "performance"
    plots.mkdir(exist_ok=True)
    growth = []
    for what, points in found["growth"].items():
        svg = plot.lines(f"CPU of a call by {what}", AXES[what][0], "µs", {"fanion": points})
        (plots / f"{what}.svg").write_text(svg)
        growth.append(f"![CPU of a call by {what}](performance/{what}.svg)\n\n{textwrap.fill(sentence(what, points), 120)}")
    protocols = found["protocols"]
    versions = [("fanion", commit()), ("rustc", said("rustc", "--version")),
                *((crate, locked("Cargo.lock", crate)) for crate in ("hyper", "h2", "tokio")),
                *((crate, locked("tests/bench/peers/Cargo.lock", crate))
                  for crate in ("tonic", "axum", "datalogic-rs", "flagd-evaluation-engine", "jsonlogic-rs")),
                ("h2load", said("h2load", "--version")), ("valgrind", said("valgrind", "--version"))]
    flagd = any(name.startswith("flagd") for name in protocols["saturated"])
    idle = found["lone"]["idle"]
    values = {
        "lone": lone(found["lone"]["in_flight"]),
        "above_echo": above_echo(found["lone"]["in_flight"]),
        "idle_switches": f"{idle['switches']:,}",
        "idle_seconds": str(idle["seconds"]),
        "idle_threads": str(idle["threads"]),
        "first": first(found["lone"]["first"]),
        "throttled": throttled(found["lone"]["quota"]) if "quota" in found["lone"] else "Not measured: control groups cannot be changed on this machine.",
        "machine": machine(),
        "versions": table(["", "version"], versions),
        "budgets": budgets(found, times, load, streams),
        "saturated": served(protocols["saturated"]),
        "half_rate": f"{protocols['half_rate']:,}",
        "half": served(protocols["half"]),
        "late": number(protocols["late"]),
        "bulk": served(found["bulk"]),
        "engines": engines(json.loads((results / "engines.json").read_text()), times),
        "times": table(["case", "best ns", "median ns"], [(f"`{n}`", number(t["best"]), number(t["median"])) for n, t in times.items()]),
        "counts": counted(json.loads((results / "counts.json").read_text())),
        "growth": "\n\n".join(growth),
        "loading": loading(load),
        "listened_flags": f"{streams['flags']:,}",
        "listening": listening(streams),
        "breaks": first_to_break(found["growth"]),
        "flagd": "" if flagd else " flagd was not measured in this run, because `FLAGD` was not set.",
    }
    page = (ROOT / "tests/bench/performance.template.md").read_text()
    (out / "performance.md").write_text(re.sub(r"\{(\w+)\}", lambda m: values[m.group(1)], page))


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/report")
    parser.add_argument("results", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "docs")
    options = parser.parse_args()
    write(options.results, options.out)


main()
