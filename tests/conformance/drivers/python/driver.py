"""The official Python provider, controlled over standard input; ../README.md describes the protocol."""

import json
import os
import sys
import threading

from openfeature import api
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.event import ProviderEvent

client = api.get_client()
lock = threading.Lock()
# Output of the provider must not mix with the responses.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def say(**line):
    with lock:
        print(json.dumps(line), file=answers, flush=True)


def follow(event):
    api.add_handler(event, lambda details: say(event=event.value, flagsChanged=details.flags_changed))


def context_of(attributes):
    rest = dict(attributes or {})
    return EvaluationContext(rest.pop("targetingKey", None), rest)


def details(type, key, mine, context):
    return getattr(client, f"get_{type}_details")(key, mine, context)


def open():
    for event in ProviderEvent:
        follow(event)
    api.set_provider_and_wait(FlagdProvider())


def status():
    return client.get_provider_status().value


def ask(type, key, mine, context=None):
    got = details(type, key, mine, context_of(context))
    return {
        "value": got.value,
        "variant": got.variant,
        "reason": got.reason,
        "errorCode": got.error_code,
        "errorMessage": got.error_message,
        "metadata": dict(got.flag_metadata),
    }


def sweep(flags, contexts):
    def one(flag, context):
        got = details(**flag, context=context)
        return got.error_code or got.variant

    return [[one(flag, context) for flag in flags] for context in map(context_of, contexts)]


def close():
    api.shutdown()


VERBS = {verb.__name__: verb for verb in (open, status, ask, sweep, close)}

say(language="python", events=True)
for line in sys.stdin:
    question = json.loads(line)
    number, verb = question.pop("id"), question.pop("verb")
    try:
        say(id=number, result=VERBS[verb](**question))
    except Exception as why:
        say(id=number, error=f"{type(why).__name__}: {why}")
