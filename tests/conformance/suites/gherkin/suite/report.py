"""What Gherkin runners report in Cucumber's JSON, and behave in its own dialect of it."""

import contextlib
import json
import pathlib


def read(directory):
    """Failures by place: None for a case that passed. A report that is cut short has none."""
    found = {}
    for path in sorted(directory.glob("*.json")):
        with contextlib.suppress(ValueError):
            found |= of_features(json.loads(path.read_text()))
    return found


def of_features(features):
    found = {}
    for feature in features:
        for element in feature.get("elements", []):
            # What fails in the background is all that cucumber-rs reports of a scenario; with the others it is a part of it.
            part = element["type"] == "background" and failure(element) is None
            if not part and element.get("status") not in ("skipped", "untested"):
                found[place(feature, element)] = failure(element)
    return found


def place(feature, element):
    # behave says it in one, FILE:LINE.
    file, _, line = element.get("location", f"{feature.get('uri')}:{element.get('line')}").rpartition(":")
    return pathlib.PurePath(file).stem, int(line)


def failure(element):
    steps = [*element.get("before", []), *element.get("steps", []), *element.get("after", [])]
    for step in steps:
        result = step.get("result", {"status": "not run"})
        if result["status"] != "passed":
            why = result.get("error_message") or result["status"]
            why = " ".join(why) if isinstance(why, list) else why
            return f"{step.get('name', 'a hook')}: {' '.join(why.split())[:400]}"
    return None
