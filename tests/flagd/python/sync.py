"""sync.py PATH_TO_FANION PATH_TO_FLAGD: each as the source of the other. See ../sync."""

import json
import pathlib
import signal
import sys
import tempfile
import time

import changes
import daemon
import evaluation
import messages
import rpc
from main import FLAGS
from main import loopback_up

# Seconds within which an edit of the source must be visible in the other daemon; flagd polls files once a second.
FOLLOWED = 10

# Seconds. flagd waits 4 s and then 16 s before it reconnects.
BACK = 30

# Seconds after which an edit that must have no effect would be visible.
SETTLED = 2
V1 = "/flagd.evaluation.v1.Service"

failures = []


def check(claim, why):
    """Prints the result of a check. `why` is empty if the claim holds."""
    print(f"FAIL {claim} ({why})" if why else f"ok {claim}", flush=True)
    if why:
        failures.append(claim)


def answers(one, skipped=("general-error", "parse-error")):
    """Status and body of all evaluations of all flags for two contexts."""
    found = {}
    for context in ({}, {"targetingKey": "user-1", "ring": "beta"}):
        for key in evaluation.KEYS:
            for kind in evaluation.KINDS:
                told = rpc.call(one.port("port"), "connect+json", f"{V1}/Resolve{kind}", {"flagKey": key, "context": context})
                found[f"{kind} {key} {context}"] = told["status"], told["body"]
    return found


def unequal(far, near):
    one, other = answers(far), answers(near)
    differing = [k for k in one if one[k] != other[k]]
    return "; ".join(f"{k}: {one[k]} and {other[k]}" for k in differing[:3])


def eventually(claim, holds, seconds=FOLLOWED):
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            check(claim, f"not within {seconds} s")
            return
        time.sleep(0.02)
    check(claim, "")


def value(one, key):
    told = rpc.call(one.port("port"), "connect+json", f"{V1}/ResolveString", {"flagKey": key})
    return told["body"].get("value", told["body"].get("code"))


def pair(words, far_program, near_program, far_name, near_name, root):
    """`near` syncs from `far`, which reads files."""
    scratch = root / f"{near_name}-from-{far_name}"
    scratch.mkdir()
    for name in ("first.yaml", "second.json"):
        (scratch / name).write_text(source(name))
    edited = scratch / "edited.json"
    flags = json.loads(json.dumps(changes.START))
    began = time.time()
    changes.write(edited, json.dumps({"flags": flags}), began - 60)
    files = [f"--uri=file:{{scratch}}/{name}" for name in ("first.yaml", "second.json", "edited.json")]
    far = daemon.start(far_name, far_program, files, scratch)
    near = far and daemon.start(near_name, near_program, [f"--uri=grpc://127.0.0.1:{far.port('sync-port')}"], scratch)
    if not near:
        log = scratch / f"{near_name if far else far_name}.log"
        check(f"{words}: both start", log.read_text(errors="replace").strip()[-300:])
        return
    eventually(f"{words}: the flags arrive", lambda: value(near, "x") == "x")
    check(f"{words}: all evaluations are equal", unequal(far, near))
    events = rpc.stream(near.port("port"), "grpc", f"{V1}/EventStream", {}, timeout=60)
    events.until(lambda a: messages.frames(a.data)[0], 5)
    flags["x"]["variants"]["a"] = "edited"
    changes.write(edited, json.dumps({"flags": flags}), began + 1)
    eventually(f"{words}: a changed value is received", lambda: value(near, "x") == "edited")
    flags["new"] = changes.flag("new")
    changes.write(edited, json.dumps({"flags": flags}), began + 2)
    eventually(f"{words}: a new flag is received", lambda: value(near, "new") == "new")
    del flags["new"]
    changes.write(edited, json.dumps({"flags": flags}), began + 3)
    eventually(f"{words}: a deleted flag is removed", lambda: value(near, "new") == "not_found")
    changes.write(edited, "{", began + 4)
    flags["x"]["variants"]["a"] = "repaired"
    time.sleep(SETTLED)
    check(f"{words}: a broken file changes nothing", "" if value(near, "x") == "edited" else value(near, "x"))
    changes.write(edited, json.dumps({"flags": flags}), began + 6)
    eventually(f"{words}: the repaired file is received", lambda: value(near, "x") == "repaired")
    wanted = ["x:update", "new:write", "new:delete", "x:update"]
    events.until(lambda a: len(messages.frames(a.data)[0]) > len(wanted), 2)
    told = [e.removeprefix("configuration_change ") for e in map(changes.event, changes.told(f"{V1}/EventStream", events)[1:])]
    check(f"{words}: the event stream reports each edit", "" if told == wanted else f"{told}")
    check(f"{words}: all evaluations are equal after the edits", unequal(far, near))
    far.end(signal.SIGKILL)
    check(f"{words}: the last flags are served while the source is down", "" if value(near, "x") == "repaired" else value(near, "x"))
    far_again = daemon.start(far_name, far_program, files, scratch, far.ports)
    flags["x"]["variants"]["a"] = "after the gap"
    changes.write(edited, json.dumps({"flags": flags}), began + 8)
    eventually(f"{words}: the source is followed again after its restart", lambda: value(near, "x") == "after the gap", BACK)
    near.end()
    far_again.end()


def source(name):
    """A flag file without the flags whose errors differ deliberately."""
    text = (FLAGS / name).read_text()
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(("escaped:", "mixed:")))


def main():
    fanion, flagd = sys.argv[1:3]
    loopback_up()
    with tempfile.TemporaryDirectory() as root:
        pair("flagd from fanion", fanion, flagd, "fanion", "flagd", pathlib.Path(root))
        pair("fanion from flagd", flagd, fanion, "flagd", "fanion", pathlib.Path(root))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
