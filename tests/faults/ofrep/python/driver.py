"""The official OFREP provider for Python, with the verbs `open` and `sweep` of tests/conformance/drivers."""

import json
import os
import sys

from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext

client = api.get_client()


def open():
    api.set_provider_and_wait(OFREPProvider(os.environ["OFREP_URL"]))


def sweep(flags, contexts):
    def one(flag, context):
        got = client.get_string_details(flag["key"], flag["mine"], context)
        return got.error_code and f"{got.error_code.value}: {got.error_message}" or got.variant

    found = []
    for attributes in contexts:
        rest = dict(attributes)
        context = EvaluationContext(rest.pop("targetingKey"), rest)
        found.append([one(flag, context) for flag in flags])
    return found


print(json.dumps({"language": "python", "events": False}), flush=True)
for line in sys.stdin:
    question = json.loads(line)
    number, verb = question.pop("id"), question.pop("verb")
    try:
        result = {"result": {"open": open, "sweep": sweep}[verb](**question)}
    except Exception as why:
        result = {"error": f"{type(why).__name__}: {why}"}
    print(json.dumps({"id": number, **result}), flush=True)
