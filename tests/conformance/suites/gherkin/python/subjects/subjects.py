"""Who is asked: the official provider, or our own clients where the daemon is what is judged."""

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
