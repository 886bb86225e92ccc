"""Evaluates flags of a file with `flagctl eval`."""

import json
import os
import subprocess

import answer
from answer import Answer


def evaluate(file, kind, key, default, context):
    version = ["--fractional", os.environ["FRACTIONAL"]] if os.environ["FRACTIONAL"] else []
    command = [os.environ["FLAGCTL"], "eval", "--flags", file, "--context", json.dumps(context), *version, "--", key]
    run = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    try:
        got = json.loads(run.stdout)
    except ValueError:
        return answer.failed(default, "GENERAL", run.stderr)
    if "errorCode" in got:
        return answer.failed(default, got["errorCode"], got["errorDetails"])
    # Without a value, the caller's default applies.
    value = got.get("value", default)
    if not answer.fits(kind, value):
        return answer.failed(default, "TYPE_MISMATCH", str(value))
    return Answer(value, got.get("variant"), got["reason"], None, got["metadata"])
