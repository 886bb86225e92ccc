"""The subject of a run: the official provider, or this suite's own clients, which test the daemon itself."""

import os


def make(kind, options, events):
    match os.environ["SUBJECT"]:
        case "python":
            from provider import Provider as Subject
        case "daemon":
            if os.environ["MODE"] == "rpc":
                from evaluation import Evaluation as Subject
            else:
                from sync import Sync as Subject
        case "flagctl":
            from offline import Offline as Subject
    return Subject(kind, options, events)
