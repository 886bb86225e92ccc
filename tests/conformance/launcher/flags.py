"""The flag files of the daemon: single files, and one file with all flags."""

import json
import os
import shutil


class Flags:
    def __init__(self, source, directory):
        self.raw = directory / "rawflags"
        self.combined = directory / "flags" / "allFlags.json"
        self.raw.mkdir()
        self.combined.parent.mkdir()
        for file in source.glob("*.json"):
            shutil.copyfile(file, self.raw / file.name)
        self.combine()

    def combine(self):
        """Merges all flag files, except those that selectors name."""
        merged = {}
        for file in sorted(self.raw.glob("*.json")):
            if not file.name.startswith("selector-"):
                merged = laid_over(merged, json.loads(file.read_text()))
        replace(self.combined, merged)

    def change(self):
        """Sets the other variant as default of `changing-flag`, and returns the variant."""
        file = self.raw / "changing-flag.json"
        document = json.loads(file.read_text())
        flag = document["flags"]["changing-flag"]
        flag["defaultVariant"] = "bar" if flag["defaultVariant"] == "foo" else "foo"
        replace(file, document)
        self.combine()
        return flag["defaultVariant"]


def laid_over(below, above):
    merged = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = laid_over(merged[key], value) if both else value
    return merged


def replace(path, document):
    """Replaces a file atomically: writes a new file and renames it."""
    staged = path.with_name(f".tmp-{path.name}")
    staged.write_text(json.dumps(document, indent=2))
    os.replace(staged, path)
