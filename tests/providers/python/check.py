"""The official Python provider against a running fanion: check.py EVALUATION_PORT FLAG_FILE

Prints a line per check, as tests/providers/language says, and exits 1 if one failed.
"""

import pathlib
import queue
import sys
import time

from google.protobuf.json_format import MessageToDict
from openfeature import api
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.event import ProviderEvent
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import Reason
from openfeature.schemas.protobuf.flagd.evaluation.v2 import evaluation_pb2

# Seconds. Far above what anything here takes: only something broken gets there.
DEADLINE = 10

SET_METADATA = {"flagSetId": "provider-checks", "tier": 2}

# The variants that flagd's hash gives; the Node check has the same table.
SPLIT = {
    "user-0": "green",
    "user-1": "blue",
    "user-2": "red",
    "user-3": "red",
    "user-5": "green",
    "user-7": "blue",
}

checks = []


def claim(words):
    """Registers a function as the check of a claim. Checks run in the order in which they are written."""

    def register(function):
        checks.append((words, function))
        return function

    return register


def same(got, want):
    assert got == want, f"want {want!r}, got {got!r}"


def answers(details, value, variant, reason):
    """A successful evaluation."""
    same(
        (details.value, details.variant, details.reason, details.error_code),
        (value, variant, reason, None),
    )


def fails(details, value, code):
    """A failed evaluation: the caller's default value comes back."""
    same(
        (details.value, details.variant, details.reason, details.error_code),
        (value, None, Reason.ERROR, code),
    )


class Fixture:
    """A client with the provider in its default configuration (RPC with a cache), and the events that it emits."""

    def __init__(self, port, flag_file):
        self.flag_file = flag_file
        self.changes = queue.Queue()
        self.troubles = queue.Queue()
        self.client = api.get_client()
        api.add_handler(
            ProviderEvent.PROVIDER_CONFIGURATION_CHANGED, self.changes.put
        )
        api.add_handler(ProviderEvent.PROVIDER_STALE, self.troubles.put)
        api.add_handler(ProviderEvent.PROVIDER_ERROR, self.troubles.put)
        # The default of half a second is short for a busy machine.
        self.provider = FlagdProvider(port=port, deadline_ms=DEADLINE * 1000)

    def rewrite(self, before, after):
        """Renames a changed flag file over the old one, as editors and deployments do."""
        text = self.flag_file.read_text()
        same(text.count(before), 1)
        staged = self.flag_file.with_suffix(".staged")
        staged.write_text(text.replace(before, after))
        staged.rename(self.flag_file)

    def change(self):
        """The next change event."""
        try:
            return self.changes.get(timeout=DEADLINE)
        except queue.Empty:
            raise AssertionError(f"no change event in {DEADLINE} s") from None

    def banner(self):
        return self.client.get_string_details("live.banner", "mine")


def ring(name):
    return EvaluationContext("user-1", {"ring": name})


@claim("the provider connects and its stream says that it is ready")
def _(fixture):
    api.set_provider_and_wait(fixture.provider)
    same(fixture.client.get_provider_status().value, "READY")


@claim("a boolean flag answers value, variant and STATIC")
def _(fixture):
    details = fixture.client.get_boolean_details("type.boolean", False)
    answers(details, True, "on", Reason.STATIC)


@claim("a string flag answers value, variant and STATIC")
def _(fixture):
    details = fixture.client.get_string_details("type.string", "mine")
    answers(details, "Welcome back", "warm", Reason.STATIC)


@claim("an integer flag answers value, variant and STATIC")
def _(fixture):
    details = fixture.client.get_integer_details("type.integer", -1)
    answers(details, 50, "large", Reason.STATIC)


@claim("a float flag answers value, variant and STATIC")
def _(fixture):
    details = fixture.client.get_float_details("type.float", -1.0)
    answers(details, 1.75, "strong", Reason.STATIC)


@claim("an object flag answers value, variant and STATIC")
def _(fixture):
    details = fixture.client.get_object_details("type.object", {"mine": True})
    value = {
        "colour": "blue",
        "sizes": [1, 2.5],
        "nested": {"deep": True, "nothing": None},
    }
    answers(details, value, "full", Reason.STATIC)


@claim("a ring that a rule names answers TARGETING_MATCH")
def _(fixture):
    details = fixture.client.get_string_details("targeted.ring", "mine", ring("beta"))
    answers(details, "new theme", "modern", Reason.TARGETING_MATCH)


@claim("a ring that no rule names answers the default variant and DEFAULT")
def _(fixture):
    details = fixture.client.get_string_details("targeted.ring", "mine", ring("all"))
    answers(details, "old theme", "classic", Reason.DEFAULT)


@claim("a fractional rule puts known users where flagd puts them")
def _(fixture):
    for user, variant in SPLIT.items():
        details = fixture.client.get_string_details(
            "targeted.fractional", "mine", EvaluationContext(user)
        )
        same((user, details.variant), (user, variant))
        same(details.reason, Reason.TARGETING_MATCH)


@claim("a flag without a default variant answers the caller's default and DEFAULT")
def _(fixture):
    details = fixture.client.get_string_details("default.none", "mine")
    answers(details, "mine", None, Reason.DEFAULT)


@claim("a disabled flag answers the caller's default, no variant and DISABLED")
def _(fixture):
    for mine in (True, False):
        details = fixture.client.get_boolean_details("disabled.flag", mine)
        answers(details, mine, None, Reason.DISABLED)


@claim("a disabled object flag answers the caller's default, no variant and DISABLED")
def _(fixture):
    details = fixture.client.get_object_details("disabled.object", {"mine": True})
    answers(details, {"mine": True}, None, Reason.DISABLED)


@claim("a missing flag answers FLAG_NOT_FOUND and the caller's default")
def _(fixture):
    details = fixture.client.get_string_details("no.such.flag", "mine")
    fails(details, "mine", ErrorCode.FLAG_NOT_FOUND)


# A targeted flag: the provider caches STATIC answers whatever their type, and would not ask again.
@claim("a flag of another type answers TYPE_MISMATCH and the caller's default")
def _(fixture):
    client = fixture.client
    for ask, mine in (
        (client.get_boolean_details, True),
        (client.get_integer_details, 7),
        (client.get_float_details, 7.5),
        (client.get_object_details, {"mine": True}),
    ):
        fails(ask("targeted.ring", mine), mine, ErrorCode.TYPE_MISMATCH)


@claim("broken targeting answers PARSE_ERROR and the caller's default")
def _(fixture):
    details = fixture.client.get_string_details("broken.targeting", "mine")
    fails(details, "mine", ErrorCode.PARSE_ERROR)


# This version reads metadata in the other modes only; an upgrade that passes it on is told by this check.
@claim("the SDK sees no flag metadata, as this provider version drops it")
def _(fixture):
    details = fixture.client.get_string_details("described.flag", "mine")
    answers(details, "Welcome", "plain", Reason.STATIC)
    same(details.flag_metadata, {})


@claim("the provider's own stub receives the flag's metadata over the flag set's")
def _(fixture):
    request = evaluation_pb2.ResolveStringRequest(flag_key="described.flag")
    response = fixture.provider.resolver.stub.ResolveString(request, timeout=DEADLINE)
    same(
        MessageToDict(response.metadata),
        SET_METADATA
        | {"owner": "payments", "tier": 3, "weight": 0.5, "reviewed": True},
    )


@claim("a STATIC answer is cached")
def _(fixture):
    answers(fixture.banner(), "Soon", "before", Reason.STATIC)
    answers(fixture.banner(), "Soon", "before", Reason.CACHED)


@claim("a changed file raises PROVIDER_CONFIGURATION_CHANGED, which names the changed flag")
def _(fixture):
    fixture.rewrite("defaultVariant: before", "defaultVariant: after")
    same(fixture.change().flags_changed, ["live.banner"])


@claim("after the event the cached answer is gone and the new value STATIC")
def _(fixture):
    answers(fixture.banner(), "Now", "after", Reason.STATIC)
    answers(fixture.banner(), "Now", "after", Reason.CACHED)


@claim("the answers of flags that did not change stay cached")
def _(fixture):
    details = fixture.client.get_string_details("type.string", "mine")
    answers(details, "Welcome back", "warm", Reason.CACHED)


@claim("a second change arrives on the same stream")
def _(fixture):
    fixture.rewrite("defaultVariant: after", "defaultVariant: before")
    same(fixture.change().flags_changed, ["live.banner"])
    answers(fixture.banner(), "Soon", "before", Reason.STATIC)
    same(fixture.troubles.empty(), True)


@claim("the provider shuts down: its stream ends, nothing is reported, defaults come back")
def _(fixture):
    start = time.monotonic()
    api.shutdown()
    stream = fixture.provider.resolver.thread
    stream.join(DEADLINE)
    same(stream.is_alive(), False)
    same(time.monotonic() - start < DEADLINE, True)
    same(fixture.troubles.empty(), True)
    same(fixture.client.get_string_value("type.string", "mine"), "mine")


def run(fixture):
    """Runs every check, prints its line, and says how many failed."""
    failed = 0
    for words, function in checks:
        try:
            function(fixture)
            print(f"ok python: {words}", flush=True)
        except Exception as why:
            failed += 1
            reason = " ".join(f"{type(why).__name__}: {why}".split())
            print(f"FAIL python: {words} ({reason})", flush=True)
    return failed


def main():
    port, flag_file = sys.argv[1:]
    failed = run(Fixture(int(port), pathlib.Path(flag_file)))
    sys.exit(1 if failed else 0)


main()
