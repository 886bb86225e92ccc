"""Reads reports of Gherkin runners in Cucumber's JSON, and in behave's dialect of it."""

import contextlib
import json
import pathlib


def read(directory):
    """Failures by file and line; None for a case that passed. A truncated report has no cases."""
    found = {}
    for path in sorted(directory.glob("*.json")):
        with contextlib.suppress(ValueError):
            found |= of_features(json.loads(path.read_text()))
    return found


def of_features(features):
    found = {}
    for feature in features:
        for element in feature.get("elements", []):
            # cucumber-rs reports only the background if it fails; other runners report it as part of the scenario.
            part = element["type"] == "background" and failure(element) is None
            if not part and element.get("status") not in ("skipped", "untested"):
                found[place(feature, element)] = failure(element)
    return found


def place(feature, element):
    # behave has a single location, FILE:LINE.
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
