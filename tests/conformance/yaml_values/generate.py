"""Prints flag documents in YAML, each as a line {"source": …, "yaml": …}: dumps of flag sets by PyYAML, ruamel.yaml,
gopkg.in/yaml.v3, js-yaml and yaml.js, documents of the public YAML test suite, handwritten ones, and mutations of them.

    generate.py READER NODE_DIRECTORY
"""

import json
import random
import subprocess
import sys

import edges
import mutations
import pyyaml_dumps
import ruamel_dumps
import sets
import suite

# The share of PyYAML's combinations, and the number of random ones of ruamel.yaml, for each set.
PYYAML_SHARE = 0.5
RUAMEL_COUNT = 60


def lines_of(command, given=""):
    done = subprocess.run(command, input=given, capture_output=True, text=True, encoding="utf-8", check=True)
    return [json.loads(line) for line in done.stdout.split("\n") if line]


def documents(reader, node):
    pick = random.Random(sets.SEED)
    dump = ["node", f"{node}/dump.mjs"]
    for name, text in edges.documents():
        yield {"source": f"handwritten: {name}", "yaml": text}
    cases = [(line["source"], line["yaml"]) for line in lines_of([*dump, "suite"])]
    for source, text in suite.documents(cases):
        yield {"source": source, "yaml": text}
    for name, value in (*sets.json_sets(), *sets.python_sets()):
        yield from pyyaml_dumps.dumps(name, value, pick, PYYAML_SHARE)
        yield from ruamel_dumps.dumps(name, value, pick, RUAMEL_COUNT)
    yield from ruamel_dumps.round_trips(pick, RUAMEL_COUNT)
    json_sets = "".join(json.dumps({"name": name, "value": value}) + "\n" for name, value in sets.json_sets())
    yield from lines_of([reader, "dump"], json_sets)
    yield from lines_of([*dump, "sets"], json_sets)
    yield from mutations.documents([*edges.documents(), *suite.documents(cases)], random.Random(sets.SEED))


def main():
    reader, node = sys.argv[1:]
    seen = set()
    for document in documents(reader, node):
        if document["yaml"] not in seen:
            seen.add(document["yaml"])
            print(json.dumps(document, ensure_ascii=False))


main()
