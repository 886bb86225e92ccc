"""The table: for people at a terminal, and for the README, from what is on record."""

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
    """The table of fanion's results, with flagd's beside them, and the reasons of exclusions as notes."""
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
    return "\n".join([head, *lines]) + "\n\n" + "\n".join(f"{number}. {text}" for number, text in enumerate(notes, 1))


def note(notes, exclusion):
    """The mark of a reason; equal reasons share one."""
    text = exclusion if isinstance(exclusion, str) else exclusion["reason"]
    if text not in notes:
        notes.append(text)
    return f"[{notes.index(text) + 1}]"


def beside(row):
    if row is None:
        return "–"
    return f"{row['passed']} / {row['failed']} / {excluded(row)}"


def replaced(text, results):
    return re.sub(f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: f"{BEGIN}\n{markdown(results)}\n{END}", text, flags=re.S)


def write(readme, results):
    readme.write_text(replaced(readme.read_text(), results))


def differences(readme, results):
    text = readme.read_text()
    if BEGIN not in text:
        return [f"{readme.name} has no table: it belongs between `{BEGIN}` and `{END}`"]
    return [] if replaced(text, results) == text else [f"{readme.name}: the table is not what is on record: run with --record"]
