"""The table: for people at a terminal, and for the README, from what is on record, with a page of reasons."""

import re

import record

BEGIN, END = "<!-- conformance: tests/conformance/run --record writes this -->", "<!-- /conformance -->"


def excluded(row):
    return sum(each["cases"] for each in row["excluded"])


def left_out(row):
    """Cases that did not run: slow ones, unless they did, and what could not run at all."""
    return (0 if record.ran_slow(row) else row["slow"]) + len(row["notrun"])


def plain(rows):
    head = ("suite", "subject", "mode", "passed", "failed", "excluded", "not run")
    lines = [head] + [(*record.key(row), row["passed"], row["failed"], excluded(row), left_out(row)) for row in rows]
    widths = [max(len(str(line[i])) for line in lines) for i in range(len(head))]
    return "\n".join("  ".join(f"{cell!s:<{width}}" for cell, width in zip(line, widths)).rstrip() for line in lines)


def markdown(results):
    """The table of fanion's results, with flagd's beside them, and the reasons of exclusions by number."""
    ours, flagd = (record.read(results / f"{name}.json") for name in ("fanion", "flagd"))
    theirs = {record.key(row): row for row in flagd["rows"]}
    notes, lines = [], []
    for row in ours["rows"]:
        marks = " ".join(note(notes, each) for each in row["excluded"] + row["notrun"])
        counts = f"{row['passed']} | {row['failed']} | {excluded(row)} {marks}".rstrip()
        subject = f"{row['subject']}, {row['mode']}" if row["mode"] else row["subject"]
        lines.append(f"| {row['suite']} | {subject} | {counts} | {left_out(row)} | {beside(theirs.get(record.key(row)))} |")
    version = f"flagd {flagd['version']}".strip()
    head = f"| suite | subject | passed | failed | excluded | not run | {version} |\n|---|---|---|---|---|---|---|"
    return "\n".join([head, *lines]), "\n".join(f"{number}. {text}" for number, text in enumerate(notes, 1))


def note(notes, exclusion):
    """The number of a reason; equal reasons share one."""
    text = exclusion if isinstance(exclusion, str) else f"{exclusion['reason']} ({exclusion['whose']})"
    if text not in notes:
        notes.append(text)
    return f"[{notes.index(text) + 1}]"


def beside(row):
    if row is None:
        return "–"
    return f"{row['passed']} / {row['failed']} / {excluded(row)}"


def replaced(text, results):
    table, _ = markdown(results)
    return re.sub(f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: f"{BEGIN}\n{table}\n{END}", text, flags=re.S)


def reasons(results):
    """The page that tells what the numbers in the table mean."""
    return f"""# Why cases are excluded

The numbers in the table of the [README](../../../README.md), from [exclusions.yaml](../exclusions.yaml). `theirs` is the
provider's, or its engine's; `ours` is fanion's. `tests/conformance/run --record` writes this page.

{markdown(results)[1]}
"""


def write(readme, results):
    readme.write_text(replaced(readme.read_text(), results))
    (results / "README.md").write_text(reasons(results))


def differences(readme, results):
    text = readme.read_text()
    if BEGIN not in text:
        return [f"{readme.name} has no table: it belongs between `{BEGIN}` and `{END}`"]
    page = results / "README.md"
    stale = replaced(text, results) != text or not page.exists() or reasons(results) != page.read_text()
    return [f"{readme.name}, or {page.parent.name}/{page.name}, is not what is on record: run with --record"] if stale else []
