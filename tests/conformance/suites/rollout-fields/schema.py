"""flagd's public schema of flag documents, from the Go module that providers use as well."""

import json
import pathlib
import subprocess

import jsonschema
import referencing

import prepared

MODULE = "github.com/open-feature/flagd-schemas"
# A module that pins it.
PINNED = prepared.HERE / "go"
# The most reported errors.
SHOWN = 5


def directory():
    """The directory of the module. Raises Missing if Go is not installed."""
    try:
        subprocess.run(["go", "mod", "download", MODULE], cwd=PINNED, check=True, capture_output=True, text=True)
        found = subprocess.run(["go", "list", "-m", "-f", "{{.Dir}}", MODULE], cwd=PINNED, check=True, capture_output=True, text=True)
    except FileNotFoundError:
        raise prepared.Missing("`go` is missing, which downloads flagd's schemas") from None
    return pathlib.Path(found.stdout.strip(), "json")


def validator():
    """The validator of flag documents. Raises Missing."""
    schemas = [json.loads((directory() / name).read_text()) for name in ("flags.json", "targeting.json")]
    resources = [(each["$id"], referencing.Resource.from_contents(each)) for each in schemas]
    # A root schema that is only a `$ref` cannot have an `$id`, so the reference is absolute.
    whole = {"$ref": f"{schemas[0]['$id']}#/definitions/providerConfig"}
    return jsonschema.Draft7Validator(whole, registry=referencing.Registry().with_resources(resources))


def faults(validating, document):
    """The errors of a document, one line each."""
    found = sorted(validating.iter_errors(document), key=lambda fault: list(map(str, fault.absolute_path)))
    return [f"{fault.json_path}: {deepest(fault).message[:200]}" for fault in found[:SHOWN]]


def deepest(fault):
    """If no alternative of `anyOf` or `oneOf` matches, the error of the best match."""
    return jsonschema.exceptions.best_match([fault]) or fault
