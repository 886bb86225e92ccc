"""Cases: requests to both daemons, and the comparison of their responses."""

import concurrent.futures
import json
import re

# The most characters of a response in a line.
LONGEST = 400

# Name of the profile: list of (name of the case, function(pair) -> {name of the daemon: response}).
cases = {}


def both(pair, ask):
    """The responses of both daemons to the same request, sent concurrently."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        told = {d.name: pool.submit(ask, d) for d in pair}
        return {name: future.result() for name, future in told.items()}


def in_turn(pair, ask):
    """The responses of both daemons to a short request, sent one after the other."""
    return {d.name: ask(d) for d in pair}


def add(profile, name, ask):
    """Registers a case that is run on each daemon separately."""
    cases.setdefault(profile, []).append((name, lambda pair: in_turn(pair, ask)))


def add_pair(profile, name, run):
    """Registers a case that handles both daemons, for instance because it changes a file that both read."""
    cases.setdefault(profile, []).append((name, run))


def leaves(value, path=""):
    """The scalar parts of a response with their paths."""
    if isinstance(value, dict) and value:
        for key in value:
            yield from leaves(value[key], f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from leaves(item, f"{path}[{index}]")
    else:
        yield path, value


def spelled(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) < LONGEST else f"{text[:LONGEST]}… ({len(text)} characters)"


def parents(parts):
    """All paths above the parts."""
    return {part[: cut.start()] for part in parts for cut in re.finditer(r"[.\[]", part)}


def outcome(answer):
    """The outcome of a call: HTTP status, gRPC status, and the code in a Connect end-of-stream message."""
    if "status" not in answer:
        return None
    body = answer.get("body")
    last = body[-1] if isinstance(body, list) and body and isinstance(body[-1], dict) else {}
    end = last.get("end", {})
    code = end.get("error", {}).get("code") if isinstance(end, dict) else None
    return answer["status"], answer.get("trailers", {}).get("grpc-status"), code


def differences(name, answers):
    """One line per part in which two responses differ: `CASE: PART: flagd=… fanion=…`."""
    if outcome(answers["flagd"]) != outcome(answers["fanion"]):
        # With different outcomes all parts differ: one line with both responses.
        left, right = (spelled(whole(answers[n])) for n in ("flagd", "fanion"))
        yield f"{name}: outcome: flagd={left} fanion={right}"
        return
    flagd, fanion = (dict(leaves(answers[n])) for n in ("flagd", "fanion"))
    above = parents(flagd) | parents(fanion)
    for part in [*flagd, *(p for p in fanion if p not in flagd)]:
        if part in above:
            # Empty on one side; the parts of the other side have their own lines.
            continue
        left, right = (spelled(side[part]) if part in side else "nothing" for side in (flagd, fanion))
        if left != right:
            yield f"{name}: {part}: flagd={left} fanion={right}"


def whole(answer):
    """A response without headers and empty parts."""
    return {k: v for k, v in answer.items() if k != "headers" and v not in ({}, [], "")}
