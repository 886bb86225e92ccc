"""Measures `flagctl lint` on a thousand flags, and `flagctl refs` on a million lines of code.

usage: python3 tests/bench/flagctl.py target/dist/flagctl [--rounds 9]

Prints medians in milliseconds. The files are generated in a temporary directory, with a fixed seed.
"""
import argparse, json, pathlib, random, statistics, subprocess, tempfile, time

FLAGS, FILES, LINES = 1000, 4000, 250


def flags():
    rules = [
        None,
        {"fractional": [["on", 5], ["off", 95]]},
        {"if": [{"in": [{"var": "ring"}, ["internal", "beta"]]}, "on", {"fractional": [["on", 10], ["off", 90]]}]},
        {"if": [{"and": [{"==": [{"var": "country"}, "DE"]}, {">=": [{"var": "age"}, 18]}]}, "on", "off"]},
        {"if": [{"in": [{"var": "tenant"}, [f"t{n}" for n in range(20)]]}, "on", None]},
    ]
    made = {}
    for at in range(FLAGS):
        flag = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off",
                "metadata": {"owner": f"team{at % 50}"}}
        if rule := rules[at % len(rules)]:
            flag["targeting"] = rule
        made[f"team{at % 50}.svc{at % 400}.feature-{at}"] = flag
    return made


def source(keys, rng):
    lines = []
    for at in range(LINES):
        if at % 50 == 49:
            lines.append(f'  const on{at} = await client.getBooleanValue("{rng.choice(keys)}", false, context);')
        else:
            lines.append(f"  const value{at} = compute(value{at - 1}, options.get({at}), 'text {rng.randrange(1000)}');")
    return "\n".join(lines) + "\n"


def median(command, rounds):
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        run = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        times.append((time.perf_counter() - begun) * 1000)
        assert run.returncode == 0, run.stderr
    return statistics.median(times)


parser = argparse.ArgumentParser()
parser.add_argument("flagctl")
parser.add_argument("--rounds", type=int, default=9)
options = parser.parse_args()
rng = random.Random(7)
made = flags()
with tempfile.TemporaryDirectory() as scratch:
    root = pathlib.Path(scratch)
    (root / "flags.json").write_text(json.dumps({"flags": made}))
    for at in range(FILES):
        path = root / "src" / f"d{at % 100}" / f"f{at}.ts"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source(list(made), rng))
    lint = median([options.flagctl, "lint", root / "flags.json"], options.rounds)
    refs = median([options.flagctl, "refs", root / "src", "--flags", root / "flags.json"], options.rounds)
print(f"lint, {FLAGS:,} flags: {lint:.0f} ms")
print(f"refs, {FILES * LINES:,} lines in {FILES:,} files: {refs:.0f} ms")
