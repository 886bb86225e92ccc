"""Who runs which cases.

Everything that carries a mode's tag is run in that mode, but what flagd and all providers leave out themselves: the past
(`@deprecated`, `@fractional-v1`) and, where fanion evaluates, the third version of `fractional`, which has sessions with
its option. Beyond that a case is not run only where the subject has no part in it. What fails in spite of that stands in
exclusions.yaml.
"""

PRESENT = "not @deprecated and not @fractional-v1"
# A daemon has no options of a provider, and no part in what happens when it is not asked.
DAEMON = "not @forbidden and not @unavailable"
# A program that evaluates files has no connection to lose and nobody to tell.
OFFLINE = "not @events and not @reconnect and not @unavailable and not @customCert and not @unixsocket"


class Session:
    """`fractional` is the version that the daemon, or flagctl, is asked for; flagd has no such option."""

    def __init__(self, subject, mode, tags="", without=(), fractional=""):
        self.subject = subject
        self.name = f"{mode}, fractional {fractional}" if fractional else mode
        self.mode = mode
        self.fractional = fractional
        # In these fanion evaluates, and its default is version 2.
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
