"""Chooses the documents to record from those that the reader has read: the handwritten ones, those of the public suite,
and from each writer those that contain a line of YAML not seen before.

    choose.py <READ.jsonl >CHOSEN.jsonl
"""

import json
import sys

# Documents of these sources are recorded without exception.
WHOLE = ("handwritten", "yaml-test-suite", "mutation")
# A document is chosen for this many new lines, or for a share of its lines.
NEW_LINES = 6
NEW_SHARE = 0.4


def is_chosen(document, seen):
    lines = {line.strip() for line in document["yaml"].splitlines()}
    new = lines - seen
    if document["source"].startswith(WHOLE) or len(new) >= min(NEW_LINES, NEW_SHARE * len(lines)):
        seen |= lines
        return True
    return False


def main():
    seen = set()
    for line in sys.stdin:
        document = json.loads(line)
        if is_chosen(document, seen):
            sys.stdout.write(line)


main()
