"""The table of results: as text for a terminal, and as Markdown from the record, with the reasons of exclusions."""

import re

import record

BEGIN, END = "<!-- conformance: tests/conformance/run --record writes this -->", "<!-- /conformance -->"
BEGIN_REASONS, END_REASONS = "<!-- exclusions: tests/conformance/run --record writes this -->", "<!-- /exclusions -->"
# How the page names the party that an exclusion is due to.
CAUSES = {"theirs": "provider", "ours": "fanion", "flagd": "flagd"}


def excluded(row):
    return sum(each["cases"] for each in row["excluded"])


def left_out(row):
    """The number of cases that did not run: slow ones without --full, and cases with missing requirements."""
    return (0 if record.ran_slow(row) else row["slow"]) + len(row["notrun"])


def plain(rows):
    head = ("suite", "subject", "mode", "passed", "failed", "excluded", "not run")
    lines = [head] + [(*record.key(row), row["passed"], row["failed"], excluded(row), left_out(row)) for row in rows]
    widths = [max(len(str(line[i])) for line in lines) for i in range(len(head))]
    return "\n".join("  ".join(f"{cell!s:<{width}}" for cell, width in zip(line, widths)).rstrip() for line in lines)


def markdown(results):
    """The table of fanion's results beside flagd's, and the numbered list of the reasons of exclusions."""
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
    """The number of a reason in brackets; equal reasons have the same number."""
    text = exclusion if isinstance(exclusion, str) else f"{exclusion['reason']} ({CAUSES[exclusion['whose']]})"
    if text not in notes:
        notes.append(text)
    return f"[{notes.index(text) + 1}]"


def beside(row):
    """The counts of flagd, or a dash if no case of the row applies to it."""
    if row is None or row["passed"] + row["failed"] + excluded(row) == 0:
        return "–"
    return f"{row['passed']} / {row['failed']} / {excluded(row)}"


def replaced(text, results):
    """The page with the table and the reasons of the record between their markers."""
    table, reasons = markdown(results)
    for begin, content, end in ((BEGIN, table, END), (BEGIN_REASONS, reasons, END_REASONS)):
        block = f"{begin}\n{content}\n{end}"
        text = re.sub(f"{re.escape(begin)}.*?{re.escape(end)}", lambda _, block=block: block, text, flags=re.S)
    return text


def write(page, results):
    page.write_text(replaced(page.read_text(), results))


def differences(page, results):
    text = page.read_text()
    for begin, end in ((BEGIN, END), (BEGIN_REASONS, END_REASONS)):
        if begin not in text or end not in text:
            return [f"{page.name} must contain `{begin}` and `{end}`"]
    return [] if replaced(text, results) == text else [f"{page.name} is not as on record: run with --record"]
