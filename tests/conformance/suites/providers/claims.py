"""All claims about a provider, in the order in which they are checked."""

import dataclasses
import signal
import typing

from driver import Refused, eventually
from fixture import IN_PROCESS, MODES, RPC
from report import same

READY, STALE, ERROR = "PROVIDER_READY", "PROVIDER_STALE", "PROVIDER_ERROR"
CHANGED = "PROVIDER_CONFIGURATION_CHANGED"
SERVED = (RPC, IN_PROCESS)
SET_METADATA = {"flagSetId": "provider-checks", "tier": 2}
# The variants that flagd 0.16.1's hash selects.
SPLIT = {"user-0": "green", "user-1": "blue", "user-2": "red", "user-3": "red", "user-5": "green", "user-7": "blue"}
OBJECT = {"colour": "blue", "sizes": [1, 2.5], "nested": {"deep": True, "nothing": None}}


@dataclasses.dataclass
class Claim:
    words: str
    modes: tuple
    check: typing.Callable


CLAIMS = []


def claim(words, modes=MODES):
    """Registers a function as the check of a claim."""

    def register(function):
        CLAIMS.append(Claim(words, modes, function))
        return function

    return register


def answers(got, value, variant, reason):
    """Asserts a successful evaluation. Without a variant, some SDKs return `null` and others an empty string."""
    shown = (got["value"], got.get("variant") or None, got["reason"], got.get("errorCode"))
    same(shown, (value, variant, reason, None))


def fails(got, mine, code):
    """Asserts a failed evaluation, which returns the caller's default."""
    shown = (got["value"], got.get("variant") or None, got["reason"], got.get("errorCode"))
    same(shown, (mine, None, "ERROR", code))


def names_banner(event):
    return "live.banner" in event["flagsChanged"]


@claim("the provider connects and gets ready")
def _(f):
    f.driver.call("open")
    if f.driver.hello["events"]:
        same(f.driver.call("status"), "READY")
        f.driver.event(READY)


@claim("a boolean flag answers value, variant and STATIC")
def _(f):
    answers(f.driver.ask("boolean", "type.boolean", False), True, "on", "STATIC")


@claim("a string flag answers value, variant and STATIC")
def _(f):
    answers(f.driver.ask("string", "type.string", "mine"), "Welcome back", "warm", "STATIC")


@claim("an integer flag answers value, variant and STATIC")
def _(f):
    answers(f.driver.ask("integer", "type.integer", -1), 50, "large", "STATIC")


@claim("a float flag answers value, variant and STATIC")
def _(f):
    answers(f.driver.ask("float", "type.float", -1.5), 1.75, "strong", "STATIC")


@claim("an object flag answers value, variant and STATIC")
def _(f):
    answers(f.driver.ask("object", "type.object", {"mine": True}), OBJECT, "full", "STATIC")


for kind, mine, zero in (("boolean", True, False), ("string", "mine", ""), ("integer", 7, 0), ("float", 7.5, 0.0), ("object", {"mine": True}, {})):

    @claim(f"a zero value comes back with its variant: {kind}")
    def _(f, kind=kind, mine=mine, zero=zero):
        variant = "off" if kind == "boolean" else "nothing"
        answers(f.driver.ask(kind, f"zero.{kind}", mine), zero, variant, "STATIC")


@claim("a ring that a rule names answers TARGETING_MATCH")
def _(f):
    got = f.driver.ask("string", "targeted.ring", "mine", {"targetingKey": "user-1", "ring": "beta"})
    answers(got, "new theme", "modern", "TARGETING_MATCH")


@claim("a ring that no rule names answers the default variant and DEFAULT")
def _(f):
    got = f.driver.ask("string", "targeted.ring", "mine", {"targetingKey": "user-1", "ring": "all"})
    answers(got, "old theme", "classic", "DEFAULT")


@claim("a fractional rule puts known users where flagd puts them")
def _(f):
    got = {user: f.driver.ask("string", "targeted.fractional", "mine", {"targetingKey": user}) for user in SPLIT}
    same({user: each.get("variant") for user, each in got.items()}, SPLIT)
    same({each["reason"] for each in got.values()}, {"TARGETING_MATCH"})


for name, fits, fits_not in (
    ("number", {"age": 17.5}, {"age": 17}),
    ("truth", {"paying": True}, {"paying": False}),
    ("list", {"segments": ["alpha", "beta"]}, {"segments": ["alpha"]}),
    ("nested", {"address": {"country": "DE"}}, {"address": {"country": "FR"}}),
    ("version", {"version": "2.10.0"}, {"version": "2.4.0-rc.1"}),
    ("shared", {"email": "a@example.com"}, {"email": "a@example.org"}),
):

    @claim(f"a rule reads the context: {name}")
    def _(f, name=name, fits=fits, fits_not=fits_not):
        key = {"targetingKey": "user-1"}
        answers(f.driver.ask("string", f"targeted.{name}", "mine", {**key, **fits}), "yes", "yes", "TARGETING_MATCH")
        answers(f.driver.ask("string", f"targeted.{name}", "mine", {**key, **fits_not}), "no", "no", "DEFAULT")


@claim("a rule reads what the daemon adds to every context", SERVED)
def _(f):
    answers(f.driver.ask("string", "targeted.region", "mine"), "yes", "yes", "TARGETING_MATCH")


@claim("a rule reads the flag's own key")
def _(f):
    answers(f.driver.ask("string", "targeted.own.key", "mine"), "yes", "yes", "TARGETING_MATCH")


@claim("a rule reads the clock")
def _(f):
    answers(f.driver.ask("string", "targeted.clock", "mine"), "yes", "yes", "TARGETING_MATCH")


@claim("a rule that names no variant of its flag answers an error and the caller's default")
def _(f):
    fails(f.driver.ask("string", "targeted.nowhere", "mine"), "mine", "GENERAL")


@claim("a flag without a default variant answers the caller's default and DEFAULT")
def _(f):
    answers(f.driver.ask("string", "default.none", "mine"), "mine", None, "DEFAULT")


@claim("a disabled flag answers the caller's default, no variant and DISABLED")
def _(f):
    for mine in (True, False):
        answers(f.driver.ask("boolean", "disabled.flag", mine), mine, None, "DISABLED")


@claim("a disabled object flag answers the caller's default, no variant and DISABLED")
def _(f):
    answers(f.driver.ask("object", "disabled.object", {"mine": True}), {"mine": True}, None, "DISABLED")


@claim("a missing flag answers FLAG_NOT_FOUND and the caller's default")
def _(f):
    fails(f.driver.ask("string", "no.such.flag", "mine"), "mine", "FLAG_NOT_FOUND")


# A flag with targeting, because some providers cache STATIC results regardless of their type.
for kind, mine in (("boolean", True), ("integer", 7), ("float", 7.5), ("object", {"mine": True})):

    @claim(f"a flag of another type answers TYPE_MISMATCH and the caller's default: {kind}")
    def _(f, kind=kind, mine=mine):
        fails(f.driver.ask(kind, "targeted.ring", mine), mine, "TYPE_MISMATCH")


@claim("broken targeting answers PARSE_ERROR and the caller's default")
def _(f):
    fails(f.driver.ask("string", "broken.targeting", "mine"), "mine", "PARSE_ERROR")


@claim("the SDK sees the flag's metadata over the flag set's")
def _(f):
    own = {"owner": "payments", "tier": 3, "weight": 0.5, "reviewed": True}
    same(f.driver.ask("string", "described.flag", "mine")["metadata"], {**SET_METADATA, **own})


@claim("the SDK sees the metadata of the flag set on a flag without its own")
def _(f):
    same(f.driver.ask("string", "targeted.ring", "mine")["metadata"], SET_METADATA)


@claim("a STATIC answer is cached", (RPC,))
def _(f):
    answers(f.banner(), "Soon", "before", "STATIC")
    answers(f.banner(), "Soon", "before", "CACHED")


@claim("an answer of targeting is not cached", (RPC,))
def _(f):
    for _ in range(2):
        got = f.driver.ask("string", "targeted.ring", "mine", {"targetingKey": "user-1", "ring": "beta"})
        answers(got, "new theme", "modern", "TARGETING_MATCH")


@claim("with its cache disabled the provider asks every time", (RPC,))
def _(f):
    with f.another(f.daemon, FLAGD_CACHE="disabled") as driver:
        driver.call("open")
        for _ in range(2):
            answers(driver.ask("string", "live.banner", "mine"), "Soon", "before", "STATIC")


@claim("a changed file raises an event that names the changed flag")
def _(f):
    f.since = f.driver.mark()
    f.turn("before", "after")
    f.driver.event(CHANGED, f.since, names_banner)


@claim("the event of a change names nothing else")
def _(f):
    same(f.driver.event(CHANGED, f.since)["flagsChanged"], ["live.banner"])


def shows(f, value):
    """Waits until the provider returns this value of the changing flag."""
    eventually(f"the value `{value}`", lambda: f.banner()["value"] == value)


@claim("after a change the new value is there")
def _(f):
    shows(f, "Now")


@claim("after the change the new answer is cached, too", (RPC,))
def _(f):
    answers(f.banner(), "Now", "after", "CACHED")


@claim("the answers of flags that did not change stay cached", (RPC,))
def _(f):
    answers(f.driver.ask("string", "type.string", "mine"), "Welcome back", "warm", "CACHED")


@claim("a second change arrives on the same stream, and nothing else is reported")
def _(f):
    since = f.driver.mark()
    f.turn("after", "before")
    f.driver.event(CHANGED, since, names_banner)
    shows(f, "Soon")
    same({each["event"] for each in f.driver.events[since:]}, {CHANGED})


@claim("a selector leaves the flags of its set, and no others", (IN_PROCESS,))
def _(f):
    with f.another(f.daemon, FLAGD_SOURCE_SELECTOR="flagSetId=other-set") as driver:
        driver.call("open")
        answers(driver.ask("string", "other.flag", "mine"), "only here", "here", "STATIC")
        fails(driver.ask("string", "type.string", "mine"), "mine", "FLAG_NOT_FOUND")


def reaches(f, daemon, **options):
    """Asserts that a provider with these options becomes ready with a daemon and resolves a flag."""
    with f.another(daemon, **options) as driver:
        driver.call("open")
        answers(driver.ask("string", "type.string", "mine"), "Welcome back", "warm", "STATIC")


@claim("it speaks TLS with a certificate that it is told to trust", SERVED)
def _(f):
    certificate, key = f.certificate()
    with f.another_daemon(f"--server-cert-path={certificate}", f"--server-key-path={key}").start() as daemon:
        reaches(f, daemon, FLAGD_TLS="true", FLAGD_SERVER_CERT_PATH=str(certificate))


@claim("it speaks over a Unix socket", SERVED)
def _(f):
    sockets = {RPC: f.directory / "evaluation", IN_PROCESS: f.directory / "sync"}
    options = (f"--socket-path={sockets[RPC]}", f"--sync-socket-path={sockets[IN_PROCESS]}")
    with f.another_daemon(*options).start() as daemon:
        reaches(f, daemon, FLAGD_SOCKET_PATH=str(sockets[f.mode]))


@claim("a provider that is there before the daemon gets ready by itself", SERVED)
def _(f):
    with f.another_daemon() as daemon, f.another(daemon) as driver:
        try:
            driver.call("open")
        except Refused:
            pass
        same(driver.ask("string", "type.string", "mine")["value"], "mine")
        since = driver.mark()
        daemon.start()
        eventually("an answer", lambda: driver.ask("string", "type.string", "mine")["value"] == "Welcome back")
        driver.event(READY, since)


def targeted(f):
    return f.driver.ask("string", "live.targeted", "mine", {"targetingKey": "user-1", "ring": "outer"})


def comes_to(f, value):
    """Waits until a flag that no provider caches has this value."""
    eventually(f"the value `{value}`", lambda: targeted(f)["value"] == value)


def is_replaced(f):
    """Restarts the daemon, with a change of the flags while it is down."""
    f.turn("before", "after")
    f.turn("old", "new")
    f.daemon.start()
    comes_to(f, "Today")


@claim("a provider whose daemon is killed says that it is stale, and after the grace period that it is in error", SERVED)
def _(f):
    f.since = f.driver.mark()
    same(f.daemon.end(signal.SIGKILL), -signal.SIGKILL)
    f.driver.event(STALE, f.since)
    f.driver.event(ERROR, f.since)


@claim("while the daemon is gone its last answers go on", (IN_PROCESS,))
def _(f):
    answers(f.banner(), "Soon", "before", "STATIC")
    answers(targeted(f), "Then", "old", "DEFAULT")


@claim("while the daemon is gone the caller's default comes back", (RPC,))
def _(f):
    got = targeted(f)
    same((got["value"], got["reason"]), ("mine", "ERROR"))


@claim("when the daemon is back the provider follows it, with what changed meanwhile", SERVED)
def _(f):
    f.since = f.driver.mark()
    is_replaced(f)


@claim("when the daemon is back the provider says that it is ready", SERVED)
def _(f):
    f.driver.event(READY, f.since)


@claim("when the daemon is back nothing of before is left in the cache", (RPC,))
def _(f):
    shows(f, "Now")


@claim("after the reconnection changes arrive as before", SERVED)
def _(f):
    since = f.driver.mark()
    f.turn("after", "before")
    f.turn("new", "old")
    comes_to(f, "Then")
    f.driver.event(CHANGED, since)


@claim("the daemon ends with exit code 0 while the provider follows it", SERVED)
def _(f):
    # A later claim checks that this result is not left in the cache.
    f.banner()
    f.since = f.driver.mark()
    same(f.daemon.end(), 0)


@claim("the provider follows the daemon that takes its place", SERVED)
def _(f):
    is_replaced(f)


@claim("the provider hears of changes from the daemon that takes its place", SERVED)
def _(f):
    # Over RPC, evaluations succeed before the stream is open again; in-process, they need the stream.
    if f.mode == RPC:
        f.driver.event(READY, f.since)
    since = f.driver.mark()
    f.turn("new", "old")
    f.driver.event(CHANGED, since)


@claim("when another daemon has taken its place nothing of before is left in the cache", (RPC,))
def _(f):
    shows(f, "Now")


@claim("the provider shuts down: no error is reported, defaults come back")
def _(f):
    since = f.driver.mark()
    f.driver.call("close")
    same(f.driver.ask("string", "type.string", "mine")["value"], "mine")
    same([each for each in f.driver.events[since:] if each["event"] == ERROR], [])


@claim("after the shutdown nothing is left open: the process ends by itself")
def _(f):
    same(f.driver.end(), 0)


@claim("after the shutdown the daemon ends with exit code 0", SERVED)
def _(f):
    same(f.daemon.end(), 0)
