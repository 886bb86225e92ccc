"""The suite's steps, the same for all subjects."""

import os

from behave import given, then, use_step_matcher, when

import launcher
import typed

use_step_matcher("re")


# Configurations.


@given(r'an option "(?P<name>[^"]+)" of type "(?P<kind>[^"]+)" with value "(?P<text>[^"]*)"')
def option(context, name, kind, text):
    context.options[name] = typed.option(kind, text)


@given(r'an environment variable "(?P<name>[^"]+)" with value "(?P<text>[^"]*)"')
def environment_variable(context, name, text):
    context.environment[name] = text
    os.environ[name] = text


@when("a config was initialized")
def config_initialized(context):
    import provider

    context.configuration = provider.config(context.options)


@then(r'the option "(?P<name>[^"]+)" of type "(?P<kind>[^"]+)" should have the value "(?P<text>[^"]*)"')
def option_has(context, name, kind, text):
    import provider

    equal(provider.option_of(context.configuration, name), typed.option(kind, text))


@then("we should have an error")
def config_failed(context):
    assert isinstance(context.configuration, Exception), context.configuration


# Connections.


@given("a (?P<kind>stable|ssl|socket|unavailable|forbidden|metadata|syncpayload) flagd provider")
def connected(context, kind):
    context.subject = context.make(kind, context.options)


@given("a (?P<event>ready|error|stale|change) event handler")
def handler(context, event):
    context.subject.on(event)


@when("a (?P<event>ready|error|stale|change) event was fired")
def fired(context, event):
    context.event = context.events.next(event)


@then("the (?P<event>ready|error|stale|change) event handler should have been executed")
def executed(context, event):
    context.events.next(event)


@then(r"the (?P<event>ready|error|stale|change) event handler should have been executed within (?P<milliseconds>\d+)ms")
def executed_within(context, event, milliseconds):
    context.events.next(event, int(milliseconds) / 1000)


@when(r"the connection is lost for (?P<seconds>\d+)s")
def connection_lost(context, seconds):
    launcher.call(f"restart?seconds={seconds}")


@then("the client should be in fatal state")
def fatal(context):
    equal(context.subject.state(), "FATAL")


# Flags.


@given(r'a (?P<kind>\w+)-flag with key "(?P<key>[^"]*)" and a default value "(?P<text>[^"]*)"')
def flag(context, kind, key, text):
    context.flag = kind, key, typed.value(kind, text)


@given(r'a context containing a key "(?P<key>[^"]*)", with type "(?P<kind>\w+)" and with value "(?P<text>.*)"')
def context_with(context, key, kind, text):
    context.evaluation[key] = typed.value(kind, text)


@given(r'a context containing a nested property with outer key "(?P<outer>[^"]*)" and inner key "(?P<inner>[^"]*)", with value "(?P<text>[^"]*)"')
def context_with_nested(context, outer, inner, text):
    context.evaluation[outer] = {inner: text}


@given(r'a context containing a targeting key with value "(?P<text>[^"]*)"')
def targeting_key(context, text):
    context.evaluation["targetingKey"] = text


@when("the flag was modified")
def modified(context):
    launcher.call("change")


@when("the flag was evaluated with details")
def evaluated(context):
    context.answer = context.subject.evaluate(*context.flag, context.evaluation)


@then(r'the resolved details value should be "(?P<text>.*)"')
def value_is(context, text):
    equal(context.answer.value, typed.value(context.flag[0], text), context.answer)


@then(r'the reason should be "(?P<text>[^"]*)"')
def reason_is(context, text):
    equal(context.answer.reason, text, context.answer)


@then(r'the variant should be "(?P<text>[^"]*)"')
def variant_is(context, text):
    equal(context.answer.variant, text, context.answer)


@then(r'the error-code should be "(?P<text>[^"]*)"')
def error_is(context, text):
    equal(context.answer.error or "", text, context.answer)


@then("the flag should be part of the event payload")
def flag_changed(context):
    assert context.flag[1] in context.event, context.event


@then("the resolved metadata should contain")
def metadata_contains(context):
    for row in context.table:
        equal(context.answer.metadata[row["key"]], typed.value(row["metadata_type"], row["value"]), context.answer)


@then("the resolved metadata is empty")
def metadata_is_empty(context):
    equal(dict(context.answer.metadata), {})


def equal(got, wanted, whole=""):
    assert got == wanted, f"wanted {wanted!r}, got {got!r} {whole}"
