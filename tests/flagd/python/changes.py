"""Messages of streams when flag files change, when nothing changes, and when the daemon stops."""

import concurrent.futures
import functools
import json
import os
import signal
import time

import messages
import rpc
from case import add_pair
from case import both

# Seconds within which an edit must be visible: flagd polls files once a second.
SETTLED = 2.6

SYNC = "/flagd.sync.v1.FlagSyncService/SyncFlags"
EVENTS = "/flagd.evaluation.v1.Service/EventStream"


def streams(daemon):
    """All kinds of streams by name: (port, protocol, path, body, headers)."""
    one = f"source={daemon.scratch}/edited.json"
    kinds = {f"{protocol} {service}": ("port", protocol, f"/{service}/EventStream", {}, ())
             for service in rpc.EVALUATION for protocol in ("grpc", "grpc-web", "connect+json", "connect+proto-h2")}  # fmt: skip
    kinds["events of a set"] = ("port", "grpc", EVENTS, {}, (("flagd-selector", "flagSetId=s"),))
    kinds["events of a source"] = ("port", "grpc", EVENTS, {}, (("flagd-selector", one),))
    kinds["sync"] = ("sync-port", "grpc", SYNC, {}, ())
    kinds["sync of a set"] = ("sync-port", "grpc", SYNC, {}, (("flagd-selector", "flagSetId=s"),))
    kinds["sync of a source"] = ("sync-port", "grpc", SYNC, {"selector": one}, ())
    return kinds


def opened(daemon, timeout):
    found = {}
    for name, (port, protocol, path, body, headers) in streams(daemon).items():
        found[name] = path, rpc.stream(daemon.port(port), protocol, path, body, headers, timeout)
    for path, stream in found.values():
        stream.until(lambda a: messages.frames(a.data)[0], 5)
    return found


def told(path, stream):
    """The messages of a stream so far, with parsed documents."""
    return rpc.documents(rpc.normal(stream.answer, path))["body"]


def flag(value, **more):
    return {"state": "ENABLED", "variants": {"a": value, "b": "other"}, "defaultVariant": "a", **more}


START = {"x": flag("x"), "y": flag("y", metadata={"flagSetId": "s"}), "z": flag("z")}
EDITS = [
    ("a flag is added", lambda f: f.update(new=flag("new"))),
    ("a flag of the set is added", lambda f: f.update(member=flag("m", metadata={"flagSetId": "s"}))),
    ("a variant changes", lambda f: f["x"]["variants"].update(a="changed")),
    ("two flags change", lambda f: (f["x"].update(defaultVariant="b"), f["y"].update(defaultVariant="b"))),
    ("targeting changes", lambda f: f["z"].update(targeting={"if": [True, "b"]})),
    ("metadata changes", lambda f: f["z"].update(metadata={"owner": "me"})),
    ("a flag is disabled", lambda f: f["z"].update(state="DISABLED")),
    ("a flag moves to another set", lambda f: f["z"].update(metadata={"flagSetId": "s"})),
    ("a flag is deleted", lambda f: f.pop("new")),
    ("the order of keys changes", lambda f: f.update({"x": f.pop("x")})),
    ("nothing changes", lambda f: None),
    ("a flag is named in both files", lambda f: f.update(boolean=flag("mine"))),
    ("a flag is named in both files and sets", lambda f: f.update(boolean=flag("mine", metadata={"flagSetId": "first"}))),
    ("the file does not parse", lambda f: "{"),
    ("the document has no flags", lambda f: "{}"),
    ("the set of flags is empty", lambda f: '{"flags":{}}'),
    ("everything returns", lambda f: None),
    ("one flag is faulty", lambda f: f.update(bad={"state": "ENABLED", "variants": {"a": 1}, "defaultVariant": "none"})),
    ("the faulty flag is gone", lambda f: f.pop("bad")),
]


def document():
    """The initial contents of the edited file."""
    return json.dumps({"flags": START})


def write(path, text, age):
    """Renames a new file over the old one; flagd reloads only if the modification time is newer."""
    staged = path.with_suffix(".staged")
    staged.write_text(text)
    os.utime(staged, (age, age))
    staged.rename(path)


def edits(pair):
    """Makes all edits one after the other while one set of streams is open."""
    path = pair[0].scratch / "edited.json"
    flags = json.loads(json.dumps(START))
    answers = {d.name: {} for d in pair}
    held = {d.name: opened(d, 600) for d in pair}
    for d in pair:
        answers[d.name]["at first"] = {n: since(n, told(*s), 0) for n, s in held[d.name].items()}
    began = time.time()
    for index, (name, edit) in enumerate(EDITS, 1):
        result = edit(flags)
        text = result if isinstance(result, str) else json.dumps({"flags": flags})
        change(pair, held, answers, name, functools.partial(write, path, text, began + index))
    text = path.read_text()
    change(pair, held, answers, "the file is touched", lambda: os.utime(path, (began + 100, began + 100)))
    change(pair, held, answers, "the file is gone", path.unlink)
    change(pair, held, answers, "the file is back", functools.partial(write, path, text, began + 200))
    return answers


def change(pair, held, answers, name, edit):
    before = {d.name: {n: len(told(*s)) for n, s in held[d.name].items()} for d in pair}
    edit()
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        for streams in held.values():
            for _, stream in streams.values():
                pool.submit(stream.until, lambda a: False, SETTLED)
    for d in pair:
        answers[d.name][name] = {n: since(n, told(*s), before[d.name][n]) for n, s in held[d.name].items()}


def since(name, messages, count):
    """The messages of a stream after the first `count`: events as text; of documents the number and the newest."""
    if name.startswith("sync"):
        return {"documents": len(messages) - count, "newest": messages[-1]}
    # Keep-alive messages have their own case.
    return [event(m) for m in messages[count:] if m.get("type") != "keep_alive"]


def event(message):
    flags = message.get("data", {}).get("flags", {})
    return " ".join([message.get("type", ""), *sorted(f"{key}:{change.get('type')}" for key, change in flags.items())])


def silence(pair):
    """The messages of streams during 22 s without a change."""

    def ask(daemon):
        found = {}
        for service in rpc.EVALUATION:
            path = f"/{service}/EventStream"
            found[service] = path, rpc.stream(daemon.port("port"), "grpc", path, {}, timeout=40)
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            for _, stream in found.values():
                pool.submit(stream.until, lambda a: len(messages.frames(a.data)[0]) >= 2, 22)
        return {n: told(*s) for n, s in found.items()}

    return both(pair, ask)


def stop(number, kinds):
    """A signal while streams are open: their last messages, and the exit code of the process."""

    def run(pair):
        def ask(daemon):
            open_streams = {n: s for n, s in opened(daemon, 30).items() if kinds is None or any(k in n for k in kinds)}
            before = {n: len(told(*s)) for n, s in open_streams.items()}
            with concurrent.futures.ThreadPoolExecutor(32) as pool:
                ends = {n: pool.submit(s.until, lambda a: False, 8) for n, (_, s) in open_streams.items()}
                code, took = daemon.end(number)
            found = {"exit code": code, "at once": took < 2}
            for name, (path, stream) in open_streams.items():
                rest = rpc.normal(stream.answer, path)
                found[name] = {"told": told(path, stream)[before[name] :], "trailers": rest["trailers"], "ended": rest["ended"]}
            return found

        return both(pair, ask)

    return run


add_pair("edits", "edit", edits)
add_pair("silence", "22 s of silence", silence)
add_pair("stop-grpc", "SIGTERM with HTTP/2 streams open", stop(signal.SIGTERM, ("grpc flagd", "grpc schema", "h2", "sync", "events")))
add_pair("stop-web", "SIGTERM with all streams open", stop(signal.SIGTERM, None))
add_pair("stop-idle", "SIGTERM without streams", stop(signal.SIGTERM, ("none",)))
add_pair("stop-int", "SIGINT without streams", stop(signal.SIGINT, ("none",)))
