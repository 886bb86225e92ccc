"""flagd's public schema of what a provider is fed with, from the Go module that the providers themselves take it from."""

import json
import pathlib
import subprocess

import jsonschema
import referencing

import prepared

MODULE = "github.com/open-feature/flagd-schemas"
# A module that pins it.
PINNED = prepared.HERE / "go"
# How many faults are told.
SHOWN = 5


def directory():
    """Where the module is. Raises Missing without Go."""
    try:
        subprocess.run(["go", "mod", "download", MODULE], cwd=PINNED, check=True, capture_output=True, text=True)
        found = subprocess.run(["go", "list", "-m", "-f", "{{.Dir}}", MODULE], cwd=PINNED, check=True, capture_output=True, text=True)
    except FileNotFoundError:
        raise prepared.Missing("there is no `go`, whose module of flagd's schemas is what to validate against") from None
    return pathlib.Path(found.stdout.strip(), "json")


def validator():
    """Validates whole documents. Raises Missing."""
    schemas = [json.loads((directory() / name).read_text()) for name in ("flags.json", "targeting.json")]
    resources = [(each["$id"], referencing.Resource.from_contents(each)) for each in schemas]
    # A root that is a reference has no identity of its own, so it is named from outside.
    whole = {"$ref": f"{schemas[0]['$id']}#/definitions/providerConfig"}
    return jsonschema.Draft7Validator(whole, registry=referencing.Registry().with_resources(resources))


def faults(validating, document):
    """What is wrong with a document, a line each."""
    found = sorted(validating.iter_errors(document), key=lambda fault: list(map(str, fault.absolute_path)))
    return [f"{fault.json_path}: {deepest(fault).message[:200]}" for fault in found[:SHOWN]]


def deepest(fault):
    """Of alternatives none of which fits, the fault of the one that comes closest."""
    return jsonschema.exceptions.best_match([fault]) or fault
