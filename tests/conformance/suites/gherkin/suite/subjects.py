"""The sessions: subjects, modes and cases.

A session runs all cases with the tag of its mode, except those that flagd and all providers exclude: `@deprecated` and
`@fractional-v1`. Where fanion evaluates, version 3 of `fractional` has separate sessions with its option. Other cases are
left out only if they do not apply to the subject. Known failures are in exclusions.yaml.
"""

PRESENT = "not @deprecated and not @fractional-v1"
# The daemon has no options of a provider, and does not take part in scenarios that never reach it.
DAEMON = "not @forbidden and not @unavailable"
# A program that evaluates files has no connections and no events.
OFFLINE = "not @events and not @reconnect and not @unavailable and not @customCert and not @unixsocket"


class Session:
    """`fractional` is the version that is passed to fanion or flagctl; flagd has no such option."""

    def __init__(self, subject, mode, tags="", without=(), fractional=""):
        self.subject = subject
        self.name = f"{mode}, fractional {fractional}" if fractional else mode
        self.mode = mode
        self.fractional = fractional
        # fanion evaluates in these sessions, and its default is version 2.
        ours = mode == "rpc" or subject in ("daemon", "flagctl")
        version = f"@fractional-{fractional}" if fractional else "not @fractional-v3" if ours else ""
        self.tags = " and ".join(filter(None, (f"@{mode}", PRESENT, version, tags)))
        self.without = without


SESSIONS = [
    Session("daemon", "rpc", fractional="v3"),
    Session("daemon", "in-process", fractional="v3"),
    Session("flagctl", "file", fractional="v3"),
    Session("daemon", "rpc", DAEMON, without=["config"]),
    Session("daemon", "in-process", DAEMON, without=["config"]),
    Session("flagctl", "file", OFFLINE, without=["config"]),
    *(Session(subject, mode) for subject in ("go", "java", "node", "python", "rust") for mode in ("rpc", "in-process", "file")),
]
