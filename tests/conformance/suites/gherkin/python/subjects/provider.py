"""The official provider for Python."""

import os
import re
import time

from openfeature import api
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import CacheType
from openfeature.contrib.provider.flagd.config import Config
from openfeature.contrib.provider.flagd.config import ResolverType
from openfeature.evaluation_context import EvaluationContext
from openfeature.event import ProviderEvent
from openfeature.provider import ProviderStatus

import launcher
from answer import Answer

EVENTS = {
    "ready": ProviderEvent.PROVIDER_READY,
    "error": ProviderEvent.PROVIDER_ERROR,
    "stale": ProviderEvent.PROVIDER_STALE,
    "change": ProviderEvent.PROVIDER_CONFIGURATION_CHANGED,
}
MODE = os.environ["MODE"]
PORTS = {"rpc": 8013, "in-process": 8015, "file": launcher.NOBODY}
# Seconds until a provider that is not ready counts as failed.
PATIENCE = 10


class Provider:
    def __init__(self, kind, options, events):
        launcher.start(kind)
        self.events = events
        self.domain = f"{kind} {time.monotonic_ns()}"
        api.set_provider(FlagdProvider(**{**connection(kind, options), **arguments(options)}), self.domain)
        self.client = api.get_client(self.domain)
        if kind not in ("unavailable", "forbidden"):
            self.wait()

    def wait(self):
        deadline = time.monotonic() + PATIENCE
        while self.client.get_provider_status() != ProviderStatus.READY:
            assert time.monotonic() < deadline, self.client.get_provider_status()
            time.sleep(0.005)

    def on(self, event):
        self.client.add_handler(EVENTS[event], lambda details: self.events.add(event, details.flags_changed or ()))

    def evaluate(self, kind, key, default, context):
        attributes = dict(context)
        targeting_key = attributes.pop("targetingKey") if isinstance(attributes.get("targetingKey"), str) else None
        ask = getattr(self.client, f"get_{kind.lower()}_details")
        got = ask(key, default, EvaluationContext(targeting_key, attributes))
        error = got.error_code and got.error_code.value
        reason = getattr(got.reason, "value", got.reason)
        return Answer(got.value, got.variant, reason, error, got.flag_metadata, got.error_message)

    def state(self):
        return self.client.get_provider_status().value

    def close(self):
        from openfeature.provider.no_op_provider import NoOpProvider

        api.set_provider(NoOpProvider(), self.domain)


def connection(kind, options):
    """The options of the provider's own end-to-end tests."""
    given = {
        "resolver_type": ResolverType(MODE),
        "deadline_ms": 1000,
        "stream_deadline_ms": 0,
        "retry_backoff_ms": 1000,
        "retry_backoff_max_ms": 1000,
        "retry_grace_period": 2,
        "port": {"unavailable": launcher.NOBODY, "forbidden": launcher.REFUSING}.get(kind, PORTS[MODE]),
    }
    if kind == "ssl":
        given |= {"tls": True, "cert_path": str(launcher.DIRECTORY / "ssl/custom-root-cert.crt")}
    if kind == "socket":
        raise NotImplementedError("the provider has no option for a Unix socket")
    if MODE == "file":
        name = "not-existing" if kind == "unavailable" else options.get("selector", "flags/allFlags.json")
        given["offline_flag_source_path"] = str(launcher.DIRECTORY / name)
    return given


def arguments(options):
    """The suite's options by the provider's names."""
    names = {"resolver": "resolver_type"}
    return {names.get(name, snake(name)): enumerated(name, value) for name, value in options.items()}


def config(options):
    try:
        return Config(**{snake(name): enumerated(name, value) for name, value in options.items()})
    except Exception as error:
        return error


def option_of(config, name):
    value = getattr(config, snake(name))
    return getattr(value, "value", value)


def enumerated(name, value):
    return {"resolver": ResolverType, "cache": CacheType}.get(name, lambda same: same)(value)


def snake(name):
    return re.sub(r"(?<=[a-z])[A-Z]", lambda letter: f"_{letter[0]}", name).lower()
